// A form of filters that sends itself: at once for choices, after a pause for typing. With hx-get on the form, htmx sends it.
import { Controller } from "@hotwired/stimulus";

const PAUSE = 300;

export default class extends Controller {
  connect() {
    this.element.addEventListener("change", this.changed);
    this.element.addEventListener("input", this.typed);
    this.element.addEventListener("submit", this.sent);
    const search = this.element.querySelector("input[type=search]");
    // After a reload the reader goes on typing where they were.
    if (search?.value && sessionStorage.getItem("typing") === search.name) {
      search.focus();
      search.setSelectionRange(search.value.length, search.value.length);
    }
    sessionStorage.removeItem("typing");
  }

  disconnect() {
    clearTimeout(this.timer);
  }

  changed = (event) => {
    if (event.target.type !== "search" && event.target.type !== "text") this.send();
  };

  typed = (event) => {
    if (event.target.type !== "search" && event.target.type !== "text") return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      sessionStorage.setItem("typing", event.target.name);
      this.send();
    }, PAUSE);
  };

  // Empty filters stay out of the address.
  sent = () => {
    clearTimeout(this.timer);
    if (this.element.hasAttribute("hx-get")) return;
    for (const control of this.element.elements) if (control.name && control.value === "") control.disabled = true;
    setTimeout(() => {
      for (const control of this.element.elements) control.disabled = false;
    });
  };

  send() {
    clearTimeout(this.timer);
    this.element.requestSubmit();
  }
}
