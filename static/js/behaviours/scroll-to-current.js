// Tabs that do not fit: the current one is brought into view, and data-more says on which side there are others.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  connect() {
    const current = this.element.querySelector("[aria-current]");
    this.list = this.element.firstElementChild;
    if (!this.list) return;
    if (current) this.list.scrollLeft = current.offsetLeft - this.list.offsetLeft - (this.list.clientWidth - current.offsetWidth) / 2;
    this.list.addEventListener("scroll", this.say, { passive: true });
    this.resized = new ResizeObserver(this.say);
    this.resized.observe(this.list);
  }

  disconnect() {
    this.resized?.disconnect();
    this.list?.removeEventListener("scroll", this.say);
  }

  say = () => {
    const { scrollLeft, clientWidth, scrollWidth } = this.list;
    const sides = [scrollLeft > 1 && "before", scrollLeft + clientWidth < scrollWidth - 1 && "after"].filter(Boolean);
    if (sides.length) this.list.dataset.more = sides.join(" ");
    else delete this.list.dataset.more;
  };
}
