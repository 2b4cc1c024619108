import { Controller } from "@hotwired/stimulus";

/* A form that must not be sent twice by an impatient finger; the server would make one thing of it anyway. */
export default class extends Controller {
  connect() {
    this.element.addEventListener("submit", () => {
      for (const button of this.element.querySelectorAll("[type=submit]")) {
        setTimeout(() => (button.disabled = true));
        button.setAttribute("aria-busy", "true");
      }
    });
  }
}
