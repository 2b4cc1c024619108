// A double click on a row opens it: <table data-controller="row-link" data-action="dblclick->row-link#open"><tr data-href="...">.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  open(event) {
    const row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button, input, select, label, textarea, [popover]")) return;
    getSelection()?.removeAllRanges();
    location.assign(row.dataset.href);
  }
}
