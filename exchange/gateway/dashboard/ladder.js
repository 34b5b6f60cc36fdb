// The book as a ladder: offers above, bids below, a bar for the depth up to each price.

import { amountText, byId, element, priceText, setHidden, setText } from "./dom.js";

const ROW_PX = 21;
const MIDDLE_PX = 36;
const ROWS_MIN = 3;
const ROWS_MAX = 24;

export class Ladder {
  constructor() {
    this.sides = { asks: byId("asks"), bids: byId("bids") };
    this.rows = { asks: [], bids: [] };
    this.room = document.querySelector(".ladder");
    new ResizeObserver(() => this.fit()).observe(this.room);
    this.fit();
  }

  // As many rows as there is room for; they stay where they are and only their text changes.
  fit() {
    const levels = Math.floor((this.room.clientHeight - MIDDLE_PX) / 2 / ROW_PX);
    const count = Math.max(ROWS_MIN, Math.min(ROWS_MAX, levels));
    if (count === this.rows.bids.length) return;
    for (const side of ["asks", "bids"]) {
      this.rows[side] = Array.from({ length: count }, () => this.row());
      const nodes = this.rows[side].map((row) => row.node);
      this.sides[side].replaceChildren(...(side === "asks" ? nodes.reverse() : nodes));
    }
    this.onFit?.();
  }

  row() {
    const node = element("div", "level");
    node.setAttribute("role", "listitem");
    const bar = element("i", "bar");
    const cells = [element("b"), element("span"), element("span", "total")];
    node.append(bar, ...cells);
    return { node, bar, cells, amount: 0 };
  }

  paint(book, contract, live) {
    const count = this.rows.bids.length;
    const depth = { bids: book.depth("bids", count), asks: book.depth("asks", count) };
    const most = Math.max(1, depth.bids.at(-1)?.[2] ?? 0, depth.asks.at(-1)?.[2] ?? 0);
    for (const side of ["asks", "bids"]) {
      this.rows[side].forEach((row, index) => paintRow(row, depth[side][index], most, contract.decimals));
    }
    this.middle(depth.bids[0]?.[0] ?? 0, depth.asks[0]?.[0] ?? 0, contract);
    const waiting = book.changeId === null;
    setHidden(byId("book-empty"), depth.bids.length + depth.asks.length > 0);
    setText(byId("book-empty"), waiting || !live ? "Waiting for the book." : "The book is empty. Waiting for the first order.");
  }

  middle(bid, ask, contract) {
    const mid = bid && ask ? (bid + ask) / 2 : 0;
    // A mid may fall between two ticks, so it gets one digit more.
    setText(byId("mid"), priceText(mid, contract.decimals + 1));
    setText(byId("middle-spread"), mid ? `${(ask - bid).toFixed(contract.decimals)} wide` : "one side is empty");
  }
}

function paintRow(row, level, most, decimals) {
  const [price, amount, total] = level ?? [0, 0, 0];
  setText(row.cells[0], price ? price.toFixed(decimals) : "");
  setText(row.cells[1], price ? amountText(amount) : "");
  setText(row.cells[2], price ? amountText(total) : "");
  row.bar.style.transform = `scaleX(${total / most})`;
  row.node.dataset.price = price || "";
  if (price && row.price === price && row.amount !== amount) flash(row.node, amount > row.amount ? "more" : "less");
  row.price = price;
  row.amount = amount;
}

export function flash(node, name) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const colour = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
  node.animate([{ backgroundColor: colour }, { backgroundColor: "transparent" }], { duration: 450 });
}
