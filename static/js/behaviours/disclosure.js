// A control that shows a part of the page: data-disclosure-target="part" is hidden unless the control (checkbox, radio or
// select, data-action="disclosure#update") has the value in data-when (a checkbox: "on").
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static targets = ["part"];

  connect() {
    this.update();
  }

  update() {
    for (const part of this.partTargets) {
      const controls = [...this.element.querySelectorAll(`[name="${CSS.escape(part.dataset.of)}"]`)];
      const on = controls.some((control) =>
        control.type === "checkbox" || control.type === "radio"
          ? control.checked && (part.dataset.when === "on" || control.value === part.dataset.when)
          : part.dataset.when.split(" ").includes(control.value),
      );
      part.hidden = !on;
    }
  }
}
