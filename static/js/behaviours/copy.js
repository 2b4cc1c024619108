// data-controller="copy" data-copy-text-value="..." data-action="copy#copy": puts a text on the clipboard and says so.
import { Controller } from "@hotwired/stimulus";
import { toast } from "../toast.js";

export default class extends Controller {
  static values = { text: String };

  async copy() {
    await navigator.clipboard.writeText(this.textValue);
    toast(document.body.dataset.textCopied);
  }
}
