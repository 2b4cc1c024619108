// The bin: buttons about what is chosen rest until something is.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static targets = ["box", "button"];

  connect() {
    this.count();
  }

  // Further entries come while one scrolls.
  boxTargetConnected() {
    this.count();
  }

  count() {
    const any = this.boxTargets.some((box) => box.checked);
    for (const button of this.buttonTargets) button.disabled = !any;
  }
}
