// The list of contracts: groups of one SKU and region that open and close, one row a delivery period.

import { byId, dayText, element, priceText, setHidden, setText, timeText } from "./dom.js";
import { groupsOf } from "./market.js";

const OPEN_MAX = 40;

export class ContractList {
  // onSelect(name); onPick() after a click; onOpen() when another set of rows is in sight and needs prices.
  constructor({ onSelect, onOpen, onPick }) {
    this.onSelect = onSelect;
    this.onPick = onPick;
    this.onOpen = onOpen;
    this.root = byId("groups");
    this.filter = byId("filter");
    this.groups = new Map();
    this.rows = new Map();
    this.open = new Set();
    this.filter.addEventListener("input", () => this.sift());
    this.root.addEventListener("click", (event) => this.clicked(event.target.closest("button")));
    this.root.addEventListener("keydown", (event) => this.pressed(event));
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && event.target !== this.filter) {
        event.preventDefault();
        this.filter.focus();
      }
    });
  }

  // Contracts whose prices the list shows now.
  shown() {
    return [...this.groups].filter(([name]) => this.open.has(name)).flatMap(([, group]) => group.contracts);
  }

  show(contracts) {
    const groups = groupsOf(contracts);
    // All stand open at first if that is not too much to look at, or to be sent.
    if (!this.groups.size && contracts.length <= OPEN_MAX) this.open = new Set(groups.keys());
    this.rows.clear();
    this.groups.clear();
    const sections = [...groups].map(([name, members]) => this.section(name, members));
    this.root.replaceChildren(...sections);
    setHidden(byId("contracts-empty"), contracts.length > 0);
    this.sift();
  }

  section(name, contracts) {
    const section = element("div", "group");
    const head = element("button", "group-head");
    head.type = "button";
    head.dataset.group = name;
    head.append(element("b", "", contracts[0].sku), element("span", "region", contracts[0].region),
      element("span", "count", `${contracts.length}`));
    const list = element("div", "group-rows");
    list.setAttribute("role", "group");
    list.setAttribute("aria-label", `${contracts[0].sku} in ${contracts[0].region}`);
    for (const contract of contracts) list.append(this.row(contract));
    section.append(head, list);
    this.groups.set(name, { head, list, section, contracts });
    return section;
  }

  row(contract) {
    const button = element("button", "row");
    button.type = "button";
    button.dataset.name = contract.name;
    button.tabIndex = -1;
    const when = element("span", "when");
    const term = /^H\d\d$/.test(contract.term) ? "" : ` ${contract.term}`;
    when.append(element("i", "", dayText(contract.startMs)), ` ${timeText(contract.startMs, false)}${term}`);
    const cells = [element("span", "bid"), element("span", "ask"), element("span", "last")];
    button.append(when, ...cells);
    this.rows.set(contract.name, { button, cells, contract });
    return button;
  }

  // Only rows in open groups are written: the others have no prices coming.
  paint() {
    for (const contract of this.shown()) {
      const { cells } = this.rows.get(contract.name);
      [contract.bid, contract.ask, contract.last].forEach((price, cell) => {
        setText(cells[cell], priceText(price, contract.decimals));
      });
    }
  }

  mark(name) {
    for (const { button, contract } of this.rows.values()) {
      const chosen = contract.name === name;
      button.classList.toggle("chosen", chosen);
      button.tabIndex = chosen ? 0 : -1;
      if (chosen) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    const group = this.rows.get(name)?.contract.group;
    if (group && !this.open.has(group)) this.toggle(group, true);
  }

  toggle(group, open) {
    if (open) this.open.add(group);
    else this.open.delete(group);
    this.sift();
    this.onOpen();
  }

  // Hides what does not match; while something is typed every group stands open.
  sift() {
    const typed = this.filter.value.trim().toUpperCase();
    for (const [name, { head, list, section, contracts }] of this.groups) {
      const hits = contracts.filter((contract) => contract.name.toUpperCase().includes(typed));
      for (const contract of contracts) setHidden(this.rows.get(contract.name).button, !hits.includes(contract));
      const open = this.open.has(name) || (typed !== "" && hits.length > 0);
      setHidden(list, !open);
      setHidden(section, hits.length === 0);
      head.setAttribute("aria-expanded", String(open));
    }
  }

  clicked(button) {
    if (!button) return;
    const { group, name } = button.dataset;
    if (group) this.toggle(group, !this.open.has(group));
    if (!name) return;
    this.onSelect(name);
    this.onPick();
  }

  pressed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const buttons = [...this.root.querySelectorAll("button")].filter((button) => button.offsetParent !== null);
    const next = buttons[buttons.indexOf(document.activeElement) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    if (next.dataset.name) this.onSelect(next.dataset.name);
  }
}
