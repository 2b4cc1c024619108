// Leaving a page with something typed and not saved asks first; the browser words the question.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  connect() {
    this.element.addEventListener("input", this.dirty);
    this.element.addEventListener("submit", this.clean);
    addEventListener("beforeunload", this.leaving);
  }

  disconnect() {
    removeEventListener("beforeunload", this.leaving);
  }

  dirty = () => {
    this.element.dataset.dirty = "true";
  };

  clean = () => {
    delete this.element.dataset.dirty;
  };

  leaving = (event) => {
    if (this.element.dataset.dirty === "true") event.preventDefault();
  };
}
