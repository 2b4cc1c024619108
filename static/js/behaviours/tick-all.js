// One button that ticks every box of a list, or none of them when all are ticked.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static targets = ["box", "button"];

  connect() {
    for (const button of this.buttonTargets) button.hidden = this.boxTargets.length < 2;
  }

  toggle() {
    const tick = this.boxTargets.some((box) => !box.checked);
    for (const box of this.boxTargets) {
      box.checked = tick;
      box.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
}
