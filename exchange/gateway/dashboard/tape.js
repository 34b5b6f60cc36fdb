// The trades of the selected contract, newest first. Rows are made once and rewritten.

import { amountText, byId, element, setHidden, setText, timeText } from "./dom.js";
import { flash } from "./ladder.js";

const ROWS = 60;

export class Tape {
  constructor() {
    this.newest = null;
    this.rows = Array.from({ length: ROWS }, () => {
      const node = element("div", "trade");
      node.setAttribute("role", "listitem");
      node.hidden = true;
      const cells = [element("time"), element("b"), element("span")];
      node.append(...cells);
      return { node, cells };
    });
    byId("tape").append(...this.rows.map((row) => row.node));
  }

  paint(contract) {
    const { trades } = contract;
    const newest = trades[0]?.trade_id ?? null;
    if (newest === this.newest && contract.name === this.name) return;
    const fresh = contract.name === this.name && this.newest ? trades.findIndex((one) => one.trade_id === this.newest) : 0;
    this.newest = newest;
    this.name = contract.name;
    this.rows.forEach(({ node, cells }, index) => {
      const trade = trades[index];
      setHidden(node, !trade);
      if (!trade) return;
      node.className = `trade ${trade.direction === "buy" ? "buy" : "sell"}`;
      node.dataset.id = trade.trade_id;
      setText(cells[0], timeText(trade.timestamp));
      setText(cells[1], trade.price.toFixed(contract.decimals));
      setText(cells[2], amountText(trade.amount));
      if (index < fresh) flash(node, trade.direction === "buy" ? "more" : "less");
    });
    setHidden(byId("tape-empty"), trades.length > 0);
    setText(byId("tape-count"), trades.length ? "coloured by taker" : "");
  }
}
