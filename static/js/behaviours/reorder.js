// A list whose rows are put in order by dragging or by arrows: <ul data-controller="reorder"><li data-reorder-target="row">.
// The order is that of the hidden inputs in the rows, so that the form sends what is seen. Without scripts, buttons submit.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  static targets = ["row"];

  async connect() {
    const { default: Sortable } = await import("sortablejs");
    if (!this.element.isConnected) return;
    this.sortable = Sortable.create(this.element, {
      handle: ".reorder-grip",
      draggable: "li",
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      onEnd: () => this.changed(),
    });
  }

  disconnect() {
    this.sortable?.destroy();
  }

  up(event) {
    this.move(event, (row) => row.previousElementSibling?.before(row));
  }

  down(event) {
    this.move(event, (row) => row.nextElementSibling?.after(row));
  }

  drop(event) {
    this.move(event, (row) => row.remove());
  }

  move(event, change) {
    event.preventDefault();
    const { currentTarget } = event;
    change(currentTarget.closest("li"));
    // The focus is lost when a row moves in the document.
    if (currentTarget.isConnected) currentTarget.focus();
    this.changed();
  }

  // The form knows that it has something to lose.
  changed() {
    this.element.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
