// Takes the focus when it arrives: the list of a form's errors.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  connect() {
    this.element.focus();
  }
}
