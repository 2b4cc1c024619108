// "/" puts the cursor into the search field, unless one is typing already.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  focus(event) {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    const field = this.element.querySelector("input[type=search]");
    if (!field || !field.checkVisibility()) return;
    event.preventDefault();
    field.focus();
    field.select();
  }
}
