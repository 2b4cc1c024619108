// Tabs that do not fit: the current one is brought into view.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  connect() {
    const current = this.element.querySelector("[aria-current]");
    const list = this.element.firstElementChild;
    if (current && list) list.scrollLeft = current.offsetLeft - list.offsetLeft - (list.clientWidth - current.offsetWidth) / 2;
  }
}
