// A popover beside its button; arrows, Home and End move; a choice closes it.
import { Controller } from "@hotwired/stimulus";
import { itemsOf, moveIn, placeBeside } from "../menus.js";

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

  place = () => placeBeside(this.listTarget, this.buttonTarget, { align: this.alignValue });

  arrowed = (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    this.listTarget.showPopover();
    itemsOf(this.listTarget).at(event.key === "ArrowDown" ? 0 : -1)?.focus();
  };

  moved = (event) => moveIn(this.listTarget, event);

  chosen = (event) => {
    if (event.target.closest("button[type=button], a")) this.listTarget.hidePopover();
  };
}
