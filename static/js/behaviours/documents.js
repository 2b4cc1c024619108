// The documents page: dialogs that are filled by what opened them, deleting with a way back, rows that refresh in place.
import { Controller } from "@hotwired/stimulus";
import htmx from "htmx.org";
import { toast } from "../toast.js";
import { ask } from "../uploads/wire.js";

export default class extends Controller {
  static targets = ["contents"];
  static values = { undo: String };

  connect() {
    document.getElementById("rename-dialog")?.addEventListener("dialog:before-open", this.fill);
    this.element.addEventListener("submit", this.submitted);
  }

  disconnect() {
    document.getElementById("rename-dialog")?.removeEventListener("dialog:before-open", this.fill);
    clearTimeout(this.timer);
  }

  fill = (event) => {
    const { formAction, formName } = event.detail.opener.dataset;
    const form = event.target.querySelector("form");
    form.action = formAction;
    const input = form.elements.namedItem("name");
    input.value = formName;
    // The ending of a file usually stays: what comes before it is selected.
    const dot = formName.lastIndexOf(".");
    requestAnimationFrame(() => input.setSelectionRange(0, dot > 0 ? dot : formName.length));
  };

  submitted = async (event) => {
    const form = event.target;
    if (!form.querySelector("[data-documents-bin]")) return;
    event.preventDefault();
    form.closest("[popover]")?.hidePopover();
    const row = form.closest("tr");
    row?.classList.add("row-leaving");
    try {
      const { said, undo } = await ask("POST", form.action);
      this.refresh();
      toast(said, { action: { label: this.undoValue, run: () => this.restore(undo) } });
    } catch (error) {
      row?.classList.remove("row-leaving");
      toast(error.message || document.body.dataset.textFailed, { tone: "bad" });
    }
  };

  async restore(address) {
    try {
      const { said } = await ask("POST", address);
      toast(said);
    } catch (error) {
      toast(error.message || document.body.dataset.textFailed, { tone: "bad" });
    }
    this.refresh();
  }

  // Many files may be done within one second: the rows are fetched once.
  refreshSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), 300);
  }

  refresh() {
    htmx.ajax("GET", this.contentsTarget.dataset.url, { target: this.contentsTarget, swap: "innerHTML" });
  }
}
