// The button of a dangerous form stays off until the name has been typed: data-confirm-name-name-value="Acme".
import { Controller } from "@hotwired/stimulus";

const plain = (text) => text.normalize("NFC").trim().replace(/\s+/g, " ").toLocaleLowerCase();

export default class extends Controller {
  static targets = ["input", "button"];
  static values = { name: String };

  connect() {
    this.check();
  }

  check() {
    this.buttonTarget.disabled = plain(this.inputTarget.value) !== plain(this.nameValue);
  }
}
