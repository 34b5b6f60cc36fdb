// The list of contracts: groups of one SKU and region that open and close, one row a delivery period.

import { byId, dayText, element, priceText, setHidden, setText, shortSpan, timeText } from "./dom.js";
import { groupsOf } from "./market.js";

const OPEN_MAX = 120;
const ROWS_FIRST = 24;
const ROWS_MORE = 72;

export class ContractList {
  // onSelect(name); onPick() after a click; onOpen() when another set of rows is in sight and needs prices.
  constructor({ onSelect, onOpen, onPick }) {
    this.onSelect = onSelect;
    this.onPick = onPick;
    this.onOpen = onOpen;
    this.root = byId("groups");
    this.filter = byId("filter");
    this.kind = byId("kind");
    this.groups = new Map();
    this.rows = new Map();
    this.open = null;
    this.chosen = "";
    this.filter.addEventListener("input", () => this.resift());
    this.kind.addEventListener("change", () => this.resift());
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
    return [...this.rows.values()].map((row) => row.contract);
  }

  show(contracts) {
    const limits = new Map([...this.groups].map(([name, group]) => [name, group.limit]));
    this.groups.clear();
    for (const [name, members] of groupsOf(contracts)) {
      this.groups.set(name, { ...section(name, members[0]), contracts: members, limit: limits.get(name) ?? ROWS_FIRST });
    }
    // All stand open at first if that is not too much to look at, or to be sent.
    const most = [...this.groups.values()].reduce((sum, group) => sum + Math.min(ROWS_FIRST, group.contracts.length), 0);
    if (!this.open && contracts.length) this.open = new Set(most <= OPEN_MAX ? this.groups.keys() : []);
    this.root.replaceChildren(...[...this.groups.values()].map((group) => group.section));
    this.sift();
  }

  // Rows are made for what matches and stands in an open group, up to a limit; while something is typed every group is open.
  sift() {
    const words = this.filter.value.trim().toUpperCase().split(/\s+/).filter(Boolean);
    const named = (contract) => words.every((word) => contract.name.includes(word));
    const all = [...this.groups.values()].flatMap((group) => group.contracts).filter(named);
    // What is typed may name another kind than the one that is chosen.
    const ofKind = all.filter((contract) => contract.kind === this.kind.value);
    const hits = new Set(this.kind.value === "all" || (words.length && !ofKind.length) ? all : ofKind);
    const before = this.rows;
    this.rows = new Map();
    for (const [name, group] of this.groups) {
      const found = group.contracts.filter((contract) => hits.has(contract));
      const open = Boolean(this.open?.has(name)) || (words.length > 0 && found.length > 0);
      const rows = (open ? found.slice(0, group.limit) : []).map((contract) => {
        const known = before.get(contract.name);
        const row = known?.contract === contract ? known : makeRow(contract);
        this.rows.set(contract.name, row);
        return row.button;
      });
      const left = open ? found.length - rows.length : 0;
      setText(group.more, `${left} later ones`);
      group.list.replaceChildren(...rows, ...(left ? [group.more] : []));
      setText(group.count, String(found.length));
      setHidden(group.list, !open);
      setHidden(group.section, found.length === 0);
      group.head.setAttribute("aria-expanded", String(open));
    }
    setText(byId("contracts-empty"), this.groups.size ? "No contract is called that." : "Waiting for the list of contracts.");
    setHidden(byId("contracts-empty"), hits.size > 0);
    this.point();
  }

  resift() {
    this.sift();
    this.onOpen();
  }

  // What can be traded at: of a strip its own quote, or what its hours come to if that is better.
  paint(nowMs) {
    for (const { contract, bid, ask, stage } of this.rows.values()) {
      for (const [cell, own, implied, sign] of [[bid, contract.bid, contract.impliedBid, 1], [ask, contract.ask, contract.impliedAsk, -1]]) {
        const better = implied > 0 && (!own || (implied - own) * sign > 0);
        setText(cell, priceText(better ? implied : own, contract.shortDecimals));
        cell.classList.toggle("implied", better);
      }
      const left = shortSpan(contract.gateMs - nowMs);
      setText(stage, contract.state === "open" ? left : `${contract.state.replace("_", " ")} ${left}`);
      if (stage.dataset.stage !== contract.state) stage.dataset.stage = contract.state;
    }
  }

  // The selected contract is in sight, whatever kind it is, unless something else is asked for.
  mark(name) {
    this.chosen = name;
    const [group, members] = [...this.groups].find(([, one]) => one.contracts.some((contract) => contract.name === name)) ?? [];
    if (group && !this.rows.has(name) && !this.filter.value) {
      const { kind } = members.contracts.find((contract) => contract.name === name);
      if (this.kind.value !== "all") this.kind.value = kind;
      const place = members.contracts.filter((one) => one.kind === this.kind.value).findIndex((one) => one.name === name);
      members.limit = Math.max(members.limit, place + 1);
      this.open.add(group);
      this.resift();
    }
    this.point();
    this.rows.get(name)?.button.scrollIntoView({ block: "nearest" });
  }

  point() {
    for (const [name, { button }] of this.rows) {
      const chosen = name === this.chosen;
      button.classList.toggle("chosen", chosen);
      button.tabIndex = chosen ? 0 : -1;
      if (chosen) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  clicked(button) {
    if (!button) return;
    const { group, more, name } = button.dataset;
    if (group) {
      if (!this.open.delete(group)) this.open.add(group);
      this.resift();
    } else if (more) {
      this.groups.get(more).limit += ROWS_MORE;
      this.resift();
    } else {
      this.onSelect(name);
      this.onPick();
    }
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

function section(name, { sku, region }) {
  const head = element("button", "group-head");
  head.type = "button";
  head.dataset.group = name;
  const count = element("span", "count");
  head.append(element("b", "", sku), element("span", "region", region), count);
  const list = element("div", "group-rows");
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", `${sku} in ${region}`);
  const more = element("button", "more");
  more.type = "button";
  more.dataset.more = name;
  const whole = element("div", "group");
  whole.append(head, list);
  return { section: whole, head, count, list, more };
}

function makeRow(contract) {
  const button = element("button", "row");
  button.type = "button";
  button.dataset.name = contract.name;
  button.tabIndex = -1;
  const when = element("span", "when");
  const term = contract.kind === "hours" ? timeText(contract.startMs, false) : contract.termText;
  when.append(element("i", "", dayText(contract.dayMs)), ` ${term}`);
  const [bid, ask, stage] = [element("span", "bid"), element("span", "ask"), element("span", "stage")];
  button.append(when, bid, ask, stage);
  return { button, bid, ask, stage, contract };
}
