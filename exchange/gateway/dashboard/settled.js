// What contracts were settled at, and how far their delivery has come, newest first.

import { byId, dayText, element, setHidden, setText, timeText } from "./dom.js";

const ROWS = 40;

export class Settled {
  constructor() {
    this.found = new Map();
    this.fresh = false;
    this.rows = Array.from({ length: ROWS }, () => {
      const node = element("div", "settlement");
      node.setAttribute("role", "listitem");
      node.hidden = true;
      const cells = [element("span", "of"), element("b"), element("span", "how")];
      node.append(...cells);
      return { node, cells };
    });
    byId("settled").append(...this.rows.map((row) => row.node));
  }

  // kind: "fixing" or "delivery". What is older than what is known is not news.
  note(kind, news) {
    const one = this.found.get(news.instrument_name) ?? { name: news.instrument_name, at: 0 };
    if (one[kind] && one[kind].timestamp > news.timestamp) return;
    one[kind] = news;
    one.at = Math.max(one.at, news.timestamp);
    this.found.set(one.name, one);
    this.fresh = true;
  }

  paint() {
    if (!this.fresh) return;
    this.fresh = false;
    const newest = [...this.found.values()].sort((a, b) => b.at - a.at || (a.name < b.name ? -1 : 1)).slice(0, ROWS);
    this.found = new Map(newest.map((one) => [one.name, one]));
    this.rows.forEach(({ node, cells }, index) => {
      const one = newest[index];
      setHidden(node, !one);
      if (!one) return;
      node.dataset.name = one.name;
      setText(cells[0], one.name.replace(/_|-(?=\d+[A-Z]{3})/g, " ").replace(/\d\d$/, "")); // The year goes without saying.
      setText(cells[1], one.fixing && one.fixing.method !== "none" ? String(+one.fixing.price.toFixed(5)) : "–");
      setText(cells[2], [fixed(one.fixing), delivered(one.delivery)].filter(Boolean).join(" · "));
    });
    setHidden(byId("settled-empty"), newest.length > 0);
  }
}

function fixed(fixing) {
  if (!fixing) return "";
  const how = { call: "closing call", volume: "volume average", middle: "middle of the book", none: "no price" }[fixing.method];
  const right = fixing.corrected_price ? `, should be ${fixing.corrected_price}` : "";
  return `${dayText(fixing.timestamp)} ${timeText(fixing.timestamp, false)} ${how}${right}`;
}

function delivered(delivery) {
  if (!delivery) return "";
  const nodes = `${delivery.nodes} node${delivery.nodes === 1 ? "" : "s"}`;
  const minutes = delivery.attested ? `, ${delivery.minutes} of ${delivery.attested * 60} min` : "";
  return `${nodes}${minutes}${delivery.compensated_minutes ? `, ${delivery.compensated_minutes} paid back` : ""}`;
}
