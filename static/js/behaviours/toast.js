// A message that leaves by itself after 6 s, or stays (data-toast-stay-value="true") until it is closed.
import { Controller } from "@hotwired/stimulus";

const SECONDS = 6;

export default class extends Controller {
  static values = { stay: Boolean };

  connect() {
    if (this.stayValue) return;
    this.wait();
    this.element.addEventListener("pointerenter", () => clearTimeout(this.timer));
    this.element.addEventListener("focusin", () => clearTimeout(this.timer));
    this.element.addEventListener("pointerleave", () => this.wait());
  }

  disconnect() {
    clearTimeout(this.timer);
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.close(), SECONDS * 1000);
  }

  close() {
    this.element.classList.add("toast-leaving");
    setTimeout(() => this.element.remove(), 200);
  }
}
