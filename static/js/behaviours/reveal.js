// Shows what is typed into a password field.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static targets = ["input", "button"];

  toggle() {
    const shown = this.inputTarget.type === "text";
    this.inputTarget.type = shown ? "password" : "text";
    this.buttonTarget.setAttribute("aria-pressed", String(!shown));
  }
}
