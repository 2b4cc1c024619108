// Looking at a file: arrow keys turn to the next one, Escape leads back to where one was in the folder. A page that is
// still being made is asked for again, and a player whose address has ended goes on where it was.
import { Controller } from "@hotwired/stimulus";

const TRIES = 12;
const FIRST_PAUSE = 600;

export default class extends Controller {
  static targets = ["back", "before", "after", "page"];

  key(event) {
    const busy = event.target.closest("input, textarea, select, video, audio, dialog, [popover]:popover-open, [contenteditable]");
    if (busy || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    if (event.key === "ArrowLeft" && this.hasBeforeTarget) this.go(this.beforeTarget.href);
    else if (event.key === "ArrowRight" && this.hasAfterTarget) this.go(this.afterTarget.href);
    else if (event.key === "Escape") this.leave();
  }

  turn(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.go(event.currentTarget.href);
  }

  back(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.leave();
  }

  // In place of this page: the one before stays the folder, with its place in the list.
  go(href) {
    if (cameFrom(this.backTarget.href)) sessionStorage.setItem("preview:back", this.backTarget.href);
    location.replace(href);
  }

  leave() {
    const known = sessionStorage.getItem("preview:back") === this.backTarget.href;
    sessionStorage.removeItem("preview:back");
    if (history.length > 1 && (known || cameFrom(this.backTarget.href))) history.back();
    else location.assign(this.backTarget.href);
  }

  // A picture that failed before this script ran has told nobody.
  pageTargetConnected(image) {
    if (image.complete && image.naturalWidth === 0 && image.loading !== "lazy") this.retry(image);
  }

  again(event) {
    this.retry(event.target);
  }

  retry(image) {
    const tries = Number(image.dataset.tries ?? 0);
    if (tries >= TRIES) {
      image.dataset.failed = "";
      return;
    }
    image.dataset.tries = tries + 1;
    const address = image.src.split("?")[0];
    setTimeout(() => (image.src = `${address}?try=${tries + 1}`), FIRST_PAUSE * Math.min(8, 1.5 ** tries));
  }

  playAgain(event) {
    const player = event.target;
    const at = player.currentTime;
    // An address is good for a minute. What fails at the very beginning is not played by this browser at all.
    if (!at || player.dataset.from === String(at)) return;
    player.dataset.from = at;
    player.load();
    player.currentTime = at;
    player.play();
  }
}

function cameFrom(address) {
  return document.referrer.split(/[?#]/)[0] === address.split(/[?#]/)[0];
}
