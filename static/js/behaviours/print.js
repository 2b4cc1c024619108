// data-controller="print" data-action="print#open": the browser's own dialog for printing this page.
import { Controller } from "@hotwired/stimulus";

export default class extends Controller {
  open() {
    window.print();
  }
}
