// <dialog data-controller="dialog" data-dialog-open-value="true">: closes by button, Escape and a click beside it.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static values = { open: Boolean };

  connect() {
    this.element.addEventListener("mousedown", this.pressed);
    if (this.openValue && !this.element.open) this.element.showModal();
  }

  disconnect() {
    this.element.removeEventListener("mousedown", this.pressed);
    if (this.element.open) this.element.close();
  }

  close() {
    this.element.close();
  }

  // Only a press that begins on the backdrop closes: selecting text and letting go outside must not lose a form.
  pressed = (event) => {
    if (event.target !== this.element) return;
    const { left, right, top, bottom } = this.element.getBoundingClientRect();
    const inside = event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom;
    const typed = this.element.querySelector("form")?.dataset.dirty === "true";
    if (!inside && !typed) this.element.close();
  };
}
