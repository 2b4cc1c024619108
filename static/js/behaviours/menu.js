// A popover beside its button; arrows, Home and End move; a choice closes it.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static targets = ["button", "list"];
  static values = { align: { type: String, default: "end" } };

  connect() {
    this.listTarget.addEventListener("toggle", this.toggled);
    this.listTarget.addEventListener("keydown", this.moved);
    this.listTarget.addEventListener("click", this.chosen);
    this.buttonTarget.addEventListener("keydown", this.arrowed);
  }

  disconnect() {
    this.stopFollowing();
  }

  get items() {
    return [...this.listTarget.querySelectorAll("a[href], button:not(:disabled)")];
  }

  toggled = (event) => {
    const open = event.newState === "open";
    this.buttonTarget.setAttribute("aria-expanded", String(open));
    if (!open) return this.stopFollowing();
    this.place();
    addEventListener("scroll", this.place, { capture: true, passive: true });
    addEventListener("resize", this.place, { passive: true });
  };

  stopFollowing() {
    removeEventListener("scroll", this.place, { capture: true });
    removeEventListener("resize", this.place);
  }

  place = () => {
    const button = this.buttonTarget.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.listTarget;
    const left = this.alignValue === "end" ? button.right - width : button.left;
    const below = button.bottom + 6;
    const fits = below + height <= innerHeight - 8;
    this.listTarget.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - width - 8))}px`;
    this.listTarget.style.top = `${fits ? below : Math.max(8, button.top - height - 6)}px`;
  };

  arrowed = (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    this.listTarget.showPopover();
    this.items.at(event.key === "ArrowDown" ? 0 : -1)?.focus();
  };

  moved = (event) => {
    const items = this.items;
    const now = items.indexOf(document.activeElement);
    const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: items.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    items.at(next % items.length)?.focus();
  };

  chosen = (event) => {
    if (event.target.closest("button[type=button], a")) this.listTarget.hidePopover();
  };
}
