// How many characters are left of a textarea's maxlength; the sentence comes from data-text with "{count}".
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static targets = ["left"];

  connect() {
    this.area = this.element.querySelector("textarea, input");
    this.area.addEventListener("input", this.count);
    this.count();
  }

  count = () => {
    const max = Number(this.area.getAttribute("maxlength"));
    if (!max) return;
    const left = max - this.area.value.length;
    this.leftTarget.textContent = left < max * 0.2 ? this.leftTarget.dataset.text.replace("{count}", left) : "";
    this.leftTarget.classList.toggle("char-count-over", left < 0);
  };
}
