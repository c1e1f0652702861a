"use strict";
/* What a reader can do with the page. All numbers come from the page itself; labels are text, never markup. */

const dark = matchMedia("(prefers-color-scheme: dark)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let printing = false;

const theme = () => {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return { ink: of("--ink"), soft: of("--soft"), line: of("--line"), card: of("--card"), dark: dark.matches && !printing };
};

/* plotly's script is large: it is run when the first figure comes into view, not before the tables can be used. */
const plotly = () => {
  if (!window.Plotly) document.head.append(element("script", document.getElementById("plotly").textContent));
  return window.Plotly;
};

/* ---- numbers ---- */

const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

const TYPES = { Float64Array, Float32Array, Uint16Array, Int16Array, Uint8Array };

/* A typed array with `at(i, j, ...)`. */
async function unpack(packed) {
  const values = new TYPES[packed.type](await inflated(bytesOf(packed.data)));
  const at = (...places) => values[places.reduce((flat, place, axis) => flat * packed.shape[axis] + place, 0)];
  return { values, at };
}

/* As fsbench prints it: no unit, a dash where there is nothing, never -0.00. */
function show(metric, value) {
  if (Number.isNaN(value)) return "–";
  const text = (value * metric.factor).toFixed(metric.decimals);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/* ---- small pieces of HTML ---- */

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function fill(select, options, chosen) {
  select.replaceChildren(...options.map(([value, text]) => element("option", text, { value })));
  select.value = options.some(([value]) => String(value) === String(chosen)) ? chosen : options[0]?.[0] ?? "";
}

const row = (cells, name = "td") => {
  const made = element("tr");
  made.append(...cells.map((cell) => (cell instanceof Node ? cell : element(name, cell))));
  return made;
};

/* ---- figures ---- */

const CONFIG = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d", "toImage"] };

function layoutOf(extra = {}) {
  const { ink, line, card } = theme();
  const axis = { gridcolor: line, linecolor: line, zeroline: false, automargin: true, tickcolor: line };
  const whole = {
    paper_bgcolor: card, plot_bgcolor: card, font: { color: ink, size: 13, family: "system-ui, sans-serif" },
    margin: { l: 56, r: 12, t: 30, b: 46 }, showlegend: false, hovermode: "closest",
    hoverlabel: { bgcolor: card, bordercolor: line, font: { color: ink } },
  };
  for (const [key, value] of Object.entries(extra)) whole[key] = /^[xy]axis/.test(key) ? { ...axis, ...value } : value;
  return whole;
}

const colourOf = (method) => (theme().dark ? method.dark : method.light);

const lineOf = (method) => ({ color: colourOf(method), dash: method.dash, width: 1.8 });

/* Draws a figure when it comes into view, and again when what it depends on changes. */
class Figure {
  constructor(div, draw) {
    this.div = div;
    this.draw = draw;
    this.wanted = false;
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      this.wanted = true;
      this.update();
    }, { rootMargin: "200px" }).observe(div);
  }

  update() {
    if (!this.wanted) return;
    const { traces, layout, caption, label } = this.draw();
    this.div.setAttribute("aria-label", label);
    this.div.nextElementSibling.textContent = caption;
    plotly().react(this.div, traces, layout, CONFIG);
    if (this.click && !this.listens) {
      this.listens = true;
      this.div.on("plotly_click", (event) => this.click(event.points[0]));
    }
  }
}

/* Names of bins: all of them, slanting to the left where they are long, so that the last one stays on the page. */
const ticksOf = (bins) => ({ tickvals: bins.map((_, b) => b), ticktext: bins.map(plain), autotickangles: [0, -35, -90], ticklabeloverflow: "allow" });

/* Triangles below the upper edge of an axis from `low` to `top`, where something lies above it. */
const above = (i, chapter, x, [low, top], text, more = {}) => ({
  type: "scatter", mode: "markers", meta: i, visible: chapter.shown[i], name: plain(chapter.methods[i].label), x, y: x.map(() => top - 0.04 * (top - low)),
  marker: { symbol: "triangle-up", size: 10, color: colourOf(chapter.methods[i]), line: { color: theme().card, width: 1 } }, text, hovertemplate: "%{text}<extra></extra>", ...more,
});

const dodge = (i, n, width) => (n < 2 ? 0 : width * (i / (n - 1) - 0.5));

function errorFigure(chapter) {
  const figure = chapter.errors[chapter.by];
  const { methods, shown } = chapter;
  const n = methods.length;
  const panels = figure.panels;
  const traces = [];
  const marks = [];
  const axes = {};
  const headings = [];
  const off = [];
  panels.forEach((m, p) => {
    const metric = figure.metrics[m];
    const [low, end] = figure.limits[m];
    /* Markers at 100 % are whole. */
    const top = metric.unit === "%" ? end + 0.02 * (end - low) : end;
    const suffix = p ? String(p + 1) : "";
    const domain = panels.length > 1 ? (p ? [0, 0.34] : [0.46, 1]) : [0, 1];
    axes[`yaxis${suffix}`] = { range: [low, top], domain };
    /* Headings lie above their panels: beside a low one there is no room for a long one. */
    headings.push({ text: plain(metric.heading), xref: "paper", yref: "paper", x: 0, y: domain[1], xanchor: "left", yanchor: "bottom", yshift: 4, showarrow: false, font: { size: 14 } });
    methods.forEach((method, i) => {
      const at = (k) => figure.bins.map((_, b) => figure.numbers.at(i, b, m, k) * metric.factor);
      const [mean, lows, tops] = [at(0), at(1), at(2)];
      const x = figure.bins.map((_, b) => b + dodge(i, n, Math.min(0.36, 0.06 * (n - 1))));
      const beyond = figure.bins.flatMap((_, b) => (mean[b] > end ? [b] : []));
      const said = (b) => `${method.label} ${metric.label} ${mean[b].toFixed(metric.decimals)} at ${figure.bins[b]}`;
      off.push(...beyond.map(said));
      if (beyond.length) marks.push(above(i, chapter, beyond.map((b) => x[b]), [low, top], beyond.map((b) => plain(said(b))), { yaxis: `y${suffix}` }));
      traces.push({
        type: "scatter", mode: "lines+markers", meta: i, visible: shown[i], name: plain(method.label), yaxis: `y${suffix}`, x, y: mean,
        line: lineOf(method), marker: { symbol: method.symbol, size: 9, color: colourOf(method) },
        error_y: { type: "data", symmetric: false, thickness: 1.2, width: 0, color: colourOf(method),
          array: tops.map((top, b) => (Number.isNaN(top) ? 0 : top - mean[b])), arrayminus: lows.map((low_, b) => (Number.isNaN(low_) ? 0 : mean[b] - low_)) },
        text: figure.bins.map((bin, b) => `${plain(method.label)}<br>${plain(bin)}: ${plain(metric.label)} ${mean[b].toFixed(metric.decimals)} ${plain(metric.unit)}` +
          (Number.isNaN(lows[b]) ? "" : ` [${lows[b].toFixed(metric.decimals)}, ${tops[b].toFixed(metric.decimals)}]`) +
          `<br>${figure.counts.at(i, b, m, 0)} of ${figure.counts.at(i, b, m, 1)} samples`),
        hovertemplate: "%{text}<extra></extra>",
      });
    });
  });
  const layout = layoutOf({
    ...axes, annotations: headings,
    xaxis: { title: { text: plain(figure.axis) }, ...ticksOf(figure.bins), range: [-0.4, figure.bins.length - 0.6], anchor: panels.length > 1 ? "y2" : "y" },
  });
  const beyond = off.length ? ` Triangles at the upper edge stand for means above the axis: ${off.join("; ")}.` : "";
  return { traces: [...traces, ...marks], layout, label: `Mean error over the bins: ${figure.title}`, caption: `${figure.title}: means${figure.notes.some((note) => note.startsWith("No intervals")) ? "" : " with 95 % intervals"}.${beyond} ${figure.notes.join(" ")}` };
}

function scatterFigure(chapter) {
  const { methods, shown, samples } = chapter;
  const metric = samples.metrics[samples.main];
  const cr = samples.metrics.findIndex((one) => one.name === "cr");
  const traces = [];
  const whole = chapter.errors[chapter.overall];
  const [me, mc] = [whole.metrics.findIndex((one) => one.name === metric.name), whole.metrics.findIndex((one) => one.name === "cr")];
  const at = (i, m, k) => whole.numbers.at(i, 0, m, k) * whole.metrics[m].factor;
  const hasMeans = cr >= 0 && me >= 0 && mc >= 0;
  let end = 1.05 * samples.end;
  /* As in the figure of means, the axis holds every interval whose mean it holds. */
  if (hasMeans) end = Math.max(end, ...methods.map((_, i) => (at(i, me, 0) <= end && at(i, me, 2) > end ? 1.03 * at(i, me, 2) : end)));
  let nAbove = 0;
  methods.forEach((method, i) => {
    const points = samples.names.map((_, s) => s).filter((s) => Number.isFinite(samples.scores.at(i, s, samples.main)));
    const value = (s, m) => samples.scores.at(i, s, m) * samples.metrics[m].factor;
    const y = points.map((s) => value(s, samples.main));
    nAbove += y.filter((value) => value > end).length;
    traces.push({
      type: chapter.webgl ? "scattergl" : "scatter", mode: "markers", meta: i, visible: shown[i], name: plain(method.label), customdata: points.map((s) => [i, s]),
      x: points.map((s) => (cr < 0 ? s + 1 : value(s, cr))), y,
      marker: { symbol: method.symbol, size: 6, opacity: 0.55, color: colourOf(method) },
      text: points.map((s) => `${plain(method.label)}<br>${plain(samples.names[s])}: ${plain(metric.label)} ${show(metric, samples.scores.at(i, s, samples.main))} ${plain(metric.unit)}` +
        (cr < 0 ? "" : `<br>CR ${show(samples.metrics[cr], samples.scores.at(i, s, cr))} %`)),
      hovertemplate: "%{text}<br>click to open<extra></extra>",
    });
  });
  const saidOfMeans = [];
  if (hasMeans) {
    const hasInterval = methods.map((_, i) => Number.isFinite(at(i, me, 2)));
    saidOfMeans.push(`Large: means${hasInterval.some(Boolean) ? " with 95 % intervals" : ""}; good is at the lower right.`);
    if (!hasInterval.every(Boolean)) saidOfMeans.push(...whole.notes.filter((note) => /^(No i|I)ntervals/.test(note)));
    methods.forEach((method, i) => {
      if (at(i, me, 0) > end) saidOfMeans.push(`The mean of ${method.label}, ${at(i, me, 0).toFixed(metric.decimals)}, lies above the axis.`);
      const whisker = (m) => ({ type: "data", symmetric: false, width: 0, thickness: 1.6, color: colourOf(method), array: [at(i, m, 2) - at(i, m, 0) || 0], arrayminus: [at(i, m, 0) - at(i, m, 1) || 0] });
      const interval = hasInterval[i] ? ` [${at(i, me, 1).toFixed(metric.decimals)}, ${at(i, me, 2).toFixed(metric.decimals)}]` : "";
      traces.push({
        type: chapter.webgl ? "scattergl" : "scatter", mode: "markers", meta: i, visible: shown[i], name: plain(method.label), x: [at(i, mc, 0)], y: [at(i, me, 0)],
        error_x: whisker(mc), error_y: whisker(me), marker: { symbol: method.symbol, size: 14, color: colourOf(method), line: { color: theme().card, width: 1.5 } },
        text: [`${plain(method.label)}, mean of ${whole.counts.at(i, 0, me, 0)} samples<br>${plain(metric.label)} ${at(i, me, 0).toFixed(metric.decimals)} ${plain(metric.unit)}${interval}<br>CR ${at(i, mc, 0).toFixed(1)} %`],
        hovertemplate: "%{text}<extra></extra>",
      });
    });
  }
  return {
    traces, label: `Every sample: ${metric.label}${cr < 0 ? "" : " against complete rate"}`,
    layout: layoutOf({ yaxis: { title: { text: plain(metric.heading).replace(", mean over samples", "") }, range: [0, end] }, xaxis: { title: { text: cr < 0 ? "Sample" : "CR (%)" } } }),
    caption: `Every point is a sample: click to open it.${saidOfMeans.map((text) => ` ${text}`).join("")}${nAbove ? ` ${nAbove === 1 ? "1 point lies" : `${nAbove} points lie`} above the axis; a double click shows all.` : ""}`,
  };
}

function cumulativeFigure(chapter) {
  const { methods, shown, cumulative } = chapter;
  const { metric } = cumulative;
  const end = 1.03 * cumulative.end;
  let nBeyond = 0;
  const traces = methods.map((method, i) => {
    const values = Array.from(cumulative.values[i].values).filter(Number.isFinite);
    if (cumulative.what === "samples") nBeyond += values.filter((value) => value > end).length;
    const shares = values.map((_, k) => (100 * (k + 1)) / cumulative.n_total);
    const last = values.length ? Math.max(end, values[values.length - 1]) : end;
    return {
      type: "scatter", mode: "lines", meta: i, visible: shown[i], name: plain(method.label), x: [0, ...values, last], y: [0, ...shares, shares.length ? shares[shares.length - 1] : 0],
      line: { ...lineOf(method), shape: "hv" },
      hovertemplate: `${plain(method.label)}<br>%{y:.1f} % of all ${plain(cumulative.what)}<br>at most %{x:.${metric.decimals}f} ${plain(metric.unit)}<extra></extra>`,
    };
  });
  methods.forEach((method, i) => {
    const trace = traces[i];
    const inside = trace.x.filter((x) => x <= end).length;
    const places = [0.2, 0.45, 0.7, 0.95].map((share) => Math.min(trace.x.length - 1, Math.floor(share * inside)));
    traces.push({ type: "scatter", mode: "markers", meta: i, visible: shown[i], hoverinfo: "skip", x: places.map((k) => trace.x[k]), y: places.map((k) => trace.y[k]), marker: { symbol: method.symbol, size: 9, color: colourOf(method) } });
  });
  const name = cumulative.what === "samples" ? metric.heading.replace(", mean over samples", "") : "Distance (mm)";
  return {
    traces, label: "Cumulative curve",
    layout: layoutOf({ xaxis: { title: { text: plain(name) }, range: [0, end] }, yaxis: { title: { text: `Share of all ${plain(cumulative.what)} (%)` }, range: [0, 101] } }),
    caption: [
      "Which share has at most this error; a failed sample never arrives.", ...cumulative.notes,
      ...(nBeyond ? [`${nBeyond === 1 ? "1 value lies" : `${nBeyond} values lie`} beyond the axis; a double click shows all.`] : []),
    ].join(" "),
  };
}

function distributionFigure(chapter) {
  const { methods, shown, distribution } = chapter;
  const { metric } = distribution;
  const n = methods.length;
  const width = 0.8 / n;
  const top = 1.03 * distribution.end;
  const place = (b, i) => b + dodge(i, n, 0.8 - width);
  const traces = [];
  const marks = [];
  methods.forEach((method, i) => {
    const bins = distribution.bins.map((_, b) => b).filter((b) => Number.isFinite(distribution.quantiles.at(i, b, 2)));
    const q = (k) => bins.map((b) => distribution.quantiles.at(i, b, k));
    const colour = colourOf(method);
    traces.push({
      type: "box", meta: i, visible: shown[i], name: plain(method.label), x: bins.map((b) => place(b, i)), lowerfence: q(0), q1: q(1), median: q(2), q3: q(3), upperfence: q(4),
      width: 0.85 * width, line: { color: colour, width: 1.4 }, fillcolor: method.dash === "solid" ? colour + "40" : "rgba(0,0,0,0)", hoverinfo: "skip",
    });
    traces.push({
      type: "scatter", mode: "markers", meta: i, visible: shown[i], name: plain(method.label), x: bins.map((b) => place(b, i)), y: q(2), marker: { symbol: method.symbol, size: Math.max(5, Math.min(10, 90 / n)), color: colour },
      text: bins.map((b) => `${plain(method.label)}, ${plain(distribution.bins[b])}<br>median ${distribution.quantiles.at(i, b, 2).toFixed(metric.decimals)} ${plain(metric.unit)}, quartiles ${distribution.quantiles.at(i, b, 1).toFixed(metric.decimals)} to ${distribution.quantiles.at(i, b, 3).toFixed(metric.decimals)}<br>${distribution.counts.at(i, b)} samples`),
      hovertemplate: "%{text}<extra></extra>",
    });
    const few = distribution.few[i].flatMap((values, b) => values.map((value) => [place(b, i), value]));
    const beyond = distribution.bins.flatMap((_, b) => (distribution.reach.at(i, b) > distribution.end ? [b] : []));
    if (beyond.length) marks.push(above(i, chapter, beyond.map((b) => place(b, i)), [0, top], beyond.map((b) => `${plain(method.label)}, ${plain(distribution.bins[b])}: up to ${distribution.reach.at(i, b).toFixed(metric.decimals)} ${plain(metric.unit)}`)));
    if (few.length) traces.push({ type: "scatter", mode: "markers", meta: i, visible: shown[i], name: plain(method.label), x: few.map(([x]) => x), y: few.map(([, y]) => y), marker: { symbol: method.symbol, size: 7, color: colour }, hovertemplate: `%{y:.${metric.decimals}f}<extra>${plain(method.label)}</extra>` });
  });
  return {
    traces: [...traces, ...marks], label: `Distribution over the samples: ${distribution.title}`,
    layout: layoutOf({ yaxis: { title: { text: plain(metric.heading).replace(", mean over samples", "") }, range: [0, top] }, xaxis: { ...ticksOf(distribution.bins), range: [-0.5, distribution.bins.length - 0.5] } }),
    caption: `${distribution.title}: quartiles, median with the method's marker, 5th to 95th percentile; single samples where there are fewer than five.${marks.length ? " A triangle at the upper edge: something lies above the axis; a double click shows it." : ""}`,
  };
}

/* ---- the face ---- */

const SIZE = 256;
const HALF_HEIGHT_MM = 150;
const VIRIDIS = "Viridis";
const BLUE_ORANGE = [[0, "#053061"], [0.25, "#4393c3"], [0.5, "#e4e4e4"], [0.75, "#e08214"], [1, "#7f3b08"]];
const CAMERA = { eye: { x: 0, y: 0.05, z: 1.75 }, up: { x: 0, y: 1, z: 0 }, center: { x: 0, y: 0, z: 0 } };

/* The numbers of a kept map, one after the other; see fsbench/runs/maps.py. */
class Body {
  constructor(buffer) { this.bytes = new Uint8Array(buffer); this.place = 0; }

  take(n) { this.place += n; return this.bytes.subarray(this.place - n, this.place); }

  mask() {
    const bits = this.take((SIZE * SIZE) / 8);
    const places = [];
    for (let p = 0; p < SIZE * SIZE; p++) if (bits[p >> 3] & (128 >> (p & 7))) places.push(p);
    return places;
  }

  numbers(n, Type = Int16Array) {
    const [low, high] = [this.take(n), this.take(n)];
    const found = new Type(n);
    let sum = 0;
    for (let k = 0; k < n; k++) {
      const folded = low[k] | (high[k] << 8);
      sum = (sum + ((folded >> 1) ^ -(folded & 1))) | 0;
      found[k] = sum;
    }
    return found;
  }
}

/* A map as two surfaces over the same triangles, `pred` and `ref` (x, y, z each), with signed distances in mm. */
async function readMap(base64) {
  const bytes = bytesOf(base64);
  const first = bytes.indexOf(10);
  const second = bytes.indexOf(10, first + 1);
  const about = JSON.parse(new TextDecoder().decode(bytes.subarray(first + 1, second)));
  const body = new Body(await inflated(bytes.subarray(second + 1)));
  return about.kind === "grid" ? readGrid(body, about.step_mm) : readSurface(body, about);
}

function readGrid(body, step) {
  const [both, open, corners] = [body.mask(), body.mask(), body.mask()];
  const [ref, more] = [body.numbers(both.length, Uint16Array), body.numbers(both.length)];
  const values = Float32Array.from(body.numbers(corners.length), (steps) => steps * step);
  const radii = [new Float32Array(SIZE * SIZE), new Float32Array(SIZE * SIZE)];
  both.forEach((p, k) => { radii[0][p] = (ref[k] + more[k]) * step; radii[1][p] = ref[k] * step; });
  const number = new Int32Array(SIZE * SIZE);
  corners.forEach((p, v) => { number[p] = v; });
  const [pred, reference] = radii.map((radius) => {
    const place = [0, 1, 2].map(() => new Float32Array(corners.length));
    corners.forEach((p, v) => {
      const turn = ((p % SIZE) * 2 * Math.PI) / (SIZE - 1);
      place[0][v] = -radius[p] * Math.sin(turn);
      place[1][v] = HALF_HEIGHT_MM - ((p >> 8) * 2 * HALF_HEIGHT_MM) / (SIZE - 1);
      place[2][v] = -radius[p] * Math.cos(turn);
    });
    return place;
  });
  const faces = [0, 1, 2].map(() => new Int32Array(2 * open.length));
  open.forEach((p, q) => {
    const [a, b, c, d] = [p, p + 1, p + SIZE, p + SIZE + 1].map((corner) => number[corner]);
    [[a, b, c], [d, c, b]].forEach((triangle, t) => triangle.forEach((corner, k) => { faces[k][2 * q + t] = corner; }));
  });
  return { pred, ref: reference, faces, values, kind: "grid" };
}

function readSurface(body, about) {
  const n = about.vertices;
  const columns = Array.from({ length: 7 }, () => Float32Array.from(body.numbers(n), (steps) => steps * about.step_mm));
  const faces = [0, 1, 2].map(() => Int32Array.from(body.numbers(about.faces, Uint16Array)));
  const ref = columns.slice(0, 3).map((column, axis) => column.map((value) => value + about.center_mm[axis]));
  const pred = ref.map((column, axis) => column.map((value, v) => value + columns[3 + axis][v]));
  if (looksAway(ref, faces)) for (const place of [ref, pred]) for (const axis of [1, 2]) place[axis] = place[axis].map((value) => -value);
  return { pred, ref, faces, values: columns[6], kind: "surface" };
}

/* Whether a scan shows its back along its own z, so that it stands upright when turned about x. */
function looksAway(place, faces) {
  let [along, total, outwards] = [0, 0, 0];
  const middle = place.map((column) => column.reduce((sum, value) => sum + value, 0) / column.length);
  for (let f = 0; f < faces[0].length; f++) {
    const corner = faces.map((column) => place.map((axis) => axis[column[f]]));
    const [u, v] = [1, 2].map((k) => corner[k].map((value, axis) => value - corner[0][axis]));
    const normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    along += normal[2];
    total += Math.hypot(...normal);
    outwards += normal.reduce((sum, value, axis) => sum + value * (corner[0][axis] - middle[axis]), 0);
  }
  return total > 0 && (Math.sign(outwards) * along) / total < -0.3;
}

const statistics = (values) => {
  let [largest, sum] = [0, 0];
  for (const value of values) { largest = Math.max(largest, Math.abs(value)); sum += Math.abs(value); }
  return { largest, mean: values.length ? sum / values.length : NaN };
};

/* What one side of a pair shows: a surface with its colours. `options`: signed, limit, blend, grey. */
function meshOf(surface, options) {
  const share = options.blend;
  const place = surface.pred.map((column, axis) => column.map((value, v) => (1 - share) * value + share * surface.ref[axis][v]));
  const errors = options.signed ? surface.values : surface.values.map(Math.abs);
  return surfaceOf(surface, place, { ...options, errors });
}

/* A mesh, or points without triangles, at places (x, y, z). `options`: errors, limit, signed; or grey. */
function surfaceOf(surface, place, options) {
  const [x, y, z] = place;
  const colours = options.grey ? {} : {
    intensity: options.errors, cmin: options.signed ? -options.limit : 0, cmax: options.limit,
    colorscale: options.signed ? BLUE_ORANGE : VIRIDIS, showscale: true,
    colorbar: { title: { text: "mm" }, thickness: 12, len: 0.8, x: 0.98, xanchor: "right", tickfont: { color: theme().ink } },
    hovertemplate: "%{intensity:.2f} mm<extra></extra>",
  };
  if (!surface.faces[0].length) {
    const marker = options.grey ? { color: "#b8bcc4", size: 2 } : { color: colours.intensity, cmin: colours.cmin, cmax: colours.cmax, colorscale: colours.colorscale, showscale: true, size: 2, colorbar: colours.colorbar };
    return { type: "scatter3d", mode: "markers", x, y, z, marker };
  }
  const [i, j, k] = surface.faces;
  const light = { ambient: 0.62, diffuse: 0.5, specular: 0.06, roughness: 0.8, fresnel: 0.05 };
  return { type: "mesh3d", x, y, z, i, j, k, color: "#b8bcc4", hoverinfo: options.grey ? "skip" : undefined, lighting: light, lightposition: { x: 200, y: 400, z: 2000 }, ...colours };
}

/* A subject of `motions`, see fsbench/report/page/motions.py: columns x, y, z in mm, and a cube that holds all of them. */
async function readMotion(subject) {
  const lengths = async (packed) => Float32Array.from((await unpack(packed)).values, (steps) => steps * packed.step_mm);
  const thirds = (values) => [0, 1, 2].map((axis) => values.subarray((axis * values.length) / 3, ((axis + 1) * values.length) / 3));
  const one = async (restPacked, movedPacked, rows) => {
    const [rest, moved] = [thirds(await lengths(restPacked)), await lengths(movedPacked)];
    const size = 3 * rest[0].length;
    return { rest, offsets: (e) => (rows.includes(e) ? thirds(moved.subarray(rows.indexOf(e) * size, (rows.indexOf(e) + 1) * size)) : null) };
  };
  const truth = await one(subject.rest, subject.truth, subject.samples.map((_, e) => e));
  const methods = new Map(await Promise.all(subject.methods.map(async ([i, rows, rest, moved]) => [i, await one(rest, moved, rows)])));
  const faces = thirds((await unpack(subject.faces)).values);
  const ends = [0, 1, 2].map((axis) => {
    let [low, high] = [Infinity, -Infinity];
    for (const { rest, offsets } of [truth, ...methods.values()]) for (const e of [null, ...subject.samples.keys()]) {
      const moved = e === null ? null : offsets(e);
      rest[axis].forEach((value, v) => { const there = value + (moved?.[axis][v] ?? 0); low = Math.min(low, there); high = Math.max(high, there); });
    }
    return [low, high];
  });
  const half = Math.max(...ends.map(([low, high]) => (high - low) / 2));
  const box = ends.map(([low, high]) => [(low + high) / 2 - half, (low + high) / 2 + half]);
  return { samples: subject.samples, truth, methods, faces, box };
}

/* Two views with linked cameras. */
class Pair {
  constructor(root) {
    this.root = root.querySelector(".pair");
    this.divs = [...root.querySelectorAll(".view")];
    this.camera = CAMERA;
  }

  async show(sides) {
    await Promise.all(this.divs.map((div, s) => this.showOne(div, s, sides[s])));
    this.root.classList.add("drawn");
  }

  async showOne(div, s, side) {
    div.parentElement.hidden = side === null;
    if (side === null) { plotly().purge(div); div.linked = false; return; }
    const { soft, card, ink } = theme();
    const axis = (k) => ({ visible: false, ...(side.box && { range: side.box[k], autorange: false }) });
    const layout = {
      paper_bgcolor: card, font: { color: ink }, margin: { l: 0, r: 0, t: 0, b: 0 }, hoverlabel: { bgcolor: card, font: { color: ink }, bordercolor: soft },
      scene: { xaxis: axis(0), yaxis: axis(1), zaxis: axis(2), aspectmode: side.box ? "cube" : "data", camera: this.camera, dragmode: "orbit", domain: { x: [0, 0.88], y: [0, 1] } },
    };
    div.setAttribute("aria-label", side.caption);
    div.nextElementSibling.textContent = side.caption;
    await plotly().react(div, [side.mesh], layout, { ...CONFIG, modeBarButtonsToRemove: ["toImage", "tableRotation"] });
    if (div.linked) return;
    div.linked = true;
    const link = (event) => {
      const camera = event["scene.camera"];
      /* What the other view was told comes back from it. */
      if (!camera || JSON.stringify(camera) === JSON.stringify(this.camera)) return;
      this.camera = camera;
      const other = this.divs[1 - s];
      if (other.linked && !other.parentElement.hidden) plotly().relayout(other, { "scene.camera": camera });
    };
    div.on("plotly_relayouting", link);
    div.on("plotly_relayout", link);
  }
}

const hasWebgl = () => {
  try {
    const canvas = document.createElement("canvas");
    return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
  } catch { return false; }
};

/* Of a played motion, to and fro. */
const PERIOD_MS = 2400;

const NO_WEBGL = "This browser shows no 3D here: WebGL is switched off or not there. All numbers of the sample stand in the table above; `fsbench heatmap` draws pictures of it.";

/* ---- a chapter ---- */

class Chapter {
  constructor(root, number) {
    this.root = root;
    this.number = number;
    this.data = JSON.parse(root.querySelector("script.data").textContent);
    this.webgl = hasWebgl();
    this.methods = this.data.methods;
    this.shown = this.methods.map(() => true);
    this.by = 0;
    this.overall = this.data.overall;
    this.maps = new Map(this.data.maps.map(([method, sample, text]) => [`${method}/${sample}`, text]));
    this.read = new Map();
  }

  async start() {
    this.tables();
    await this.unpackAll();
    this.figures();
    this.list();
    this.sampleView();
    if (this.data.motions) this.motionView();
    await this.meanView();
  }

  async unpackAll() {
    const { error, distribution, cumulative, samples } = this.data;
    const open = async (whole, ...names) => ({ ...whole, ...Object.fromEntries(await Promise.all(names.map(async (name) => [name, await unpack(whole[name])]))) });
    this.errors = await Promise.all(error.map((one) => open(one, "numbers", "counts")));
    this.distribution = await open(distribution, "quantiles", "counts", "reach");
    this.cumulative = cumulative && { ...cumulative, values: await Promise.all(cumulative.values.map(unpack)) };
    this.samples = await open(samples, "scores", "status", "reason");
    this.bins = await Promise.all(Object.entries(samples.bins).map(async ([name, one]) => {
      const codes = await unpack(one.codes);
      return { name, label: (s) => one.labels[codes.values[s]] };
    }));
    this.numberOf = new Map(this.samples.names.map((name, s) => [name, s]));
  }

  find(selector) { return this.root.querySelector(selector); }

  every(selector) { return [...this.root.querySelectorAll(selector)]; }

  chosen(name) { return this.find(`input[name="${name}-${this.number}"]:checked`)?.value; }

  tables() {
    const update = () => {
      const [by, policy, pairs] = [this.chosen("by"), this.chosen("policy"), this.chosen("pairs")];
      for (const one of this.every(".variant")) one.hidden = one.dataset.by !== by || one.dataset.policy !== policy;
      for (const one of this.every(".verdict")) one.hidden = one.dataset.policy !== policy || (pairs !== undefined && one.dataset.pairs !== pairs);
      const number = this.errors?.findIndex((one) => one.by === by) ?? 0;
      if (number >= 0 && number !== this.by) { this.by = number; this.error?.update(); }
    };
    for (const input of this.every("input[type=radio]")) input.addEventListener("change", update);
    for (const button of this.every(".sortable button")) button.addEventListener("click", () => this.sort(button));
    for (const button of this.every(".method")) button.addEventListener("click", () => this.toggle(button));
  }

  /* The better end first, then the other way round; what has no value stays last. */
  sort(button) {
    const head = button.parentElement;
    const falls = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending" : button.dataset.falling === "1";
    for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falls ? "descending" : "ascending");
    const column = [...head.parentElement.children].indexOf(head);
    const body = head.closest("table").tBodies[0];
    const key = (line) => {
      const cell = line.children[column];
      return column === 0 ? cell.textContent.trim() : cell.dataset.exact === undefined ? null : Number(cell.dataset.exact);
    };
    const compare = (a, b) => {
      const [one, other] = [key(a), key(b)];
      if (one === null || other === null) return (one === null) - (other === null);
      const order = typeof one === "string" ? one.localeCompare(other) : one - other;
      return falls ? -order : order;
    };
    body.append(...[...body.rows].sort(compare));
  }

  toggle(button) {
    const method = Number(button.dataset.method);
    this.shown[method] = !this.shown[method];
    button.setAttribute("aria-pressed", String(this.shown[method]));
    for (const figure of this.drawn) {
      if (!figure.wanted) continue;
      const traces = figure.div.data.flatMap((trace, t) => (trace.meta === method ? [t] : []));
      if (traces.length) plotly().restyle(figure.div, { visible: this.shown[method] }, traces);
    }
  }

  figures() {
    const at = (name) => this.find(`[data-figure="${name}"]`);
    this.error = new Figure(at("error"), () => errorFigure(this));
    this.scatter = new Figure(at("scatter"), () => scatterFigure(this));
    this.scatter.click = (point) => { if (point.customdata) this.open(this.samples.names[point.customdata[1]], point.customdata[0]); };
    this.drawn = [this.error, this.scatter, new Figure(at("distribution"), () => distributionFigure(this))];
    if (this.cumulative) this.drawn.push(new Figure(at("cumulative"), () => cumulativeFigure(this)));
    else at("cumulative").parentElement.remove();
  }

  repaint() {
    for (const figure of this.drawn) { if (printing) figure.wanted = true; figure.update(); }
    this.paint?.();
    this.paintMeans?.();
    this.paintMotion?.();
  }

  /* The searchable table of one method's samples. */
  list() {
    const { samples, bins } = this;
    const [search, select, more] = [this.find(".search"), this.find(".of-method"), this.find(".more")];
    const table = this.find(".list");
    const columns = [
      { name: "Sample", key: (s) => samples.names[s] },
      ...bins.map((bin) => ({ name: bin.name, key: (s) => bin.label(s) })),
      { name: "Status", key: (s, i) => samples.statuses[samples.status.at(i, s)] },
      /* Before the scores, of which there may be more than a window holds. */
      { name: "Reason", key: (s, i) => samples.reasons[samples.reason.at(i, s)], text: true },
      ...samples.metrics.map((metric, m) => ({ name: metric.unit ? `${metric.label} (${metric.unit})` : metric.label, key: (s, i) => samples.scores.at(i, s, m), show: (s, i) => show(metric, samples.scores.at(i, s, m)) })),
    ];
    let [order, falls, most] = [null, false, 100];
    const cellOf = (column, s, i, c) => {
      if (c === 0) {
        const cell = element("td", undefined, { class: "text" });
        cell.append(element("a", samples.names[s], { href: `#sample-${this.number}=${encodeURIComponent(samples.names[s])}` }));
        return cell;
      }
      const text = column.show ? column.show(s, i) : column.key(s, i);
      /* Rows stay one line high: a long reason is whole under the mouse, and with its sample below. */
      return element("td", text, column.show ? {} : column.text ? { class: "text reason", title: text } : { class: "text" });
    };
    const update = () => {
      const i = Number(select.value);
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const said = (s) => columns.filter((column) => !column.show).map((column) => column.key(s, i)).join(" ").toLowerCase();
      let rows = samples.names.map((_, s) => s).filter((s) => words.every((word) => said(s).includes(word)));
      if (order !== null) {
        const key = columns[order].key;
        const compare = (a, b) => (typeof a === "number" ? Number.isNaN(a) - Number.isNaN(b) || (falls ? b - a : a - b) : (falls ? -1 : 1) * a.localeCompare(b));
        rows = rows.sort((a, b) => compare(key(a, i), key(b, i)));
      }
      table.tBodies[0].replaceChildren(...rows.slice(0, most).map((s) => {
        const line = row(columns.map((column, c) => cellOf(column, s, i, c)));
        line.dataset.sample = samples.names[s];
        return line;
      }));
      more.hidden = rows.length <= most;
      this.find(".count").textContent = `${rows.length} of ${samples.names.length} samples`;
    };
    const heads = columns.map((column, c) => {
      const head = element("th", undefined, { scope: "col", class: column.show ? "" : "text" });
      const button = element("button", column.name, { type: "button" });
      button.addEventListener("click", () => {
        falls = order === c ? !falls : false;
        order = c;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        update();
      });
      head.append(button);
      return head;
    });
    table.tHead.replaceChildren(row(heads));
    search.addEventListener("input", update);
    select.addEventListener("change", update);
    more.addEventListener("click", () => { most = Infinity; update(); });
    table.addEventListener("click", (event) => {
      const line = event.target.closest("tr[data-sample]");
      if (!line) return;
      event.preventDefault();
      this.open(line.dataset.sample, Number(select.value));
    });
    update();
  }

  /* One sample: its row of every method, and its error on the face. */
  sampleView() {
    const first = this.data.maps[0];
    this.pair = new Pair(this.find(".sample"));
    this.view = { sample: first ? first[1] : this.samples.names[0], left: first ? first[0] : 0 };
    const limit = this.find(".sample .limit");
    limit.value = this.data.limit_mm;
    for (const control of this.every(".sample .controls :is(select, input)")) control.addEventListener("input", () => this.paint());
    this.paint = () => this.paintSample();
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      this.seen = true;
      this.paintSample();
    }, { rootMargin: "200px" }).observe(this.find(".sample"));
    this.fillSample();
  }

  open(sample, method, { scroll = true } = {}) {
    this.view = { sample, left: method };
    this.seen = true;
    this.fillSample();
    if (scroll) {
      this.find(".sample").scrollIntoView({ block: "start" });
      this.find(".sample").focus({ preventScroll: true });
    }
    history.replaceState(null, "", `#sample-${this.number}=${encodeURIComponent(sample)}`);
    return this.paintSample();
  }

  fillSample() {
    const { samples, bins, view } = this;
    const s = this.numberOf.get(view.sample);
    const about = bins.map((bin) => `${bin.name} ${bin.label(s)}`).join(", ");
    this.find(".sample .name").textContent = about ? `${view.sample} (${about})` : view.sample;
    const table = this.find(".of-sample");
    const heads = ["Method", "Status", "Reason", ...samples.metrics.map((metric) => (metric.unit ? `${metric.label} (${metric.unit})` : metric.label))];
    table.tHead.replaceChildren(row(heads, "th"));
    for (const c of [0, 1, 2]) table.tHead.rows[0].children[c].className = "text";
    table.tBodies[0].replaceChildren(...this.methods.map((method, i) => {
      const said = [element("td", samples.statuses[samples.status.at(i, s)], { class: "text" }), element("td", samples.reasons[samples.reason.at(i, s)], { class: "text reason" })];
      return row([element("th", method.label, { scope: "row" }), ...said, ...samples.metrics.map((metric, m) => show(metric, samples.scores.at(i, s, m)))]);
    }));
    const there = this.methods.flatMap((method, i) => (this.maps.has(`${i}/${view.sample}`) ? [[String(i), method.label]] : []));
    const left = there.some(([i]) => Number(i) === view.left) ? view.left : there[0]?.[0];
    fill(this.find(".sample .left"), there, left);
    const others = there.filter(([i]) => i !== String(left));
    fill(this.find(".sample .right"), [...there, ["ref", "reference"], ["", "nothing"]], others[0]?.[0] ?? "ref");
  }

  async mapOf(method, sample) {
    const key = `${method}/${sample}`;
    if (!this.read.has(key)) {
      if (this.read.size > 40) this.read.delete(this.read.keys().next().value);
      this.read.set(key, readMap(this.maps.get(key)));
    }
    return this.read.get(key);
  }

  optionsOf(root) {
    return { signed: root.querySelector(".signed").value === "1", limit: Math.max(0.1, Number(root.querySelector(".limit").value) || this.data.limit_mm), blend: Number(root.querySelector(".blend").value) };
  }

  async paintSample() {
    if (!this.seen) return;
    const root = this.find(".sample");
    const { sample } = this.view;
    root.dataset.shown = "";
    const why = root.querySelector(".why");
    const [left, right] = [root.querySelector(".left").value, root.querySelector(".right").value];
    why.hidden = left !== "" && this.webgl;
    why.textContent = this.webgl ? ["No error map of this sample is on the page.", ...this.data.notes].join(" ") : NO_WEBGL;
    for (const part of [".pair", ".controls"]) root.querySelector(part).hidden = !why.hidden;
    root.querySelector(".scale").textContent = why.hidden ? "Drag to turn, both views turn together; the colours end at the number of mm above. Signed: blue lies inside of the reference, orange outside." : "";
    if (!why.hidden) return;
    const ticket = (this.ticket = (this.ticket ?? 0) + 1);
    const options = this.optionsOf(root);
    const side = async (choice) => {
      if (choice === "") return null;
      const surface = await this.mapOf(choice === "ref" ? left : choice, sample);
      /* A scan's own surface carries the colours unless the slider says otherwise. */
      const blend = surface.kind === "surface" ? 1 - options.blend : options.blend;
      if (choice === "ref") return { mesh: meshOf(surface, { ...options, grey: true, blend: 1 }), caption: "reference" };
      const { largest, mean } = statistics(surface.values);
      const what = surface.kind === "surface" ? "of the scan's shown vertices" : "of the prediction's vertices";
      return { mesh: meshOf(surface, { ...options, blend }), caption: `${this.methods[choice].label}: largest ${largest.toFixed(2)} mm, mean ${mean.toFixed(2)} mm ${what} (${surface.values.length})` };
    };
    const sides = await Promise.all([side(left), side(right)]);
    if (ticket !== this.ticket) return;
    await this.pair.show(sides);
    root.dataset.shown = sample;
  }

  /* A subject whose face moves: of a method coloured by the error of its motion, or as captured. */
  motionView() {
    const root = this.find(".moving");
    const { motions } = this.data;
    const at = (name) => root.querySelector(`.${name}`);
    const pair = new Pair(root);
    const metric = this.samples.metrics.findIndex((one) => one.name === motions.metric);
    const { label, unit } = this.samples.metrics[metric];
    const read = new Map();
    const subject = () => {
      const s = Number(at("of-subject").value);
      if (!read.has(s)) read.set(s, readMotion(motions.subjects[s]));
      return read.get(s);
    };
    const fillAll = (right) => {
      const one = motions.subjects[Number(at("of-subject").value)];
      if (!one) return;
      const there = one.methods.map(([i]) => [String(i), this.methods[i].label]);
      fill(at("of-expression"), one.samples.map((name, e) => [String(e), name.startsWith(`${one.name}/`) ? name.slice(one.name.length + 1) : name]), at("of-expression").value);
      fill(at("left"), there, at("left").value);
      fill(at("right"), [["ref", "captured"], ...there, ["", "nothing"]], right);
    };
    fill(at("of-subject"), motions.subjects.map((one, s) => [String(s), one.pick ? `${one.name} (${one.pick})` : one.name]));
    fillAll("ref");
    at("limit").value = motions.limit_mm;
    const side = (moving, choice, e, share, limit) => {
      if (choice === "") return null;
      const one = choice === "ref" ? moving.truth : moving.methods.get(Number(choice));
      const s = this.numberOf.get(moving.samples[e]);
      const name = choice === "ref" ? "captured" : this.methods[choice].label;
      const offsets = one.offsets(e);
      if (!offsets) return { mesh: surfaceOf(moving, one.rest, { grey: true }), box: moving.box, caption: `${name}: no score of this expression, the face at rest` };
      const place = one.rest.map((column, axis) => column.map((value, v) => value + share * offsets[axis][v]));
      const caption = choice === "ref" ? "captured" : `${name}: ${label} ${show(this.samples.metrics[metric], this.samples.scores.at(Number(choice), s, metric))} ${unit}`;
      if (choice === "ref") return { mesh: surfaceOf(moving, place, { grey: true }), box: moving.box, caption };
      const truth = moving.truth.offsets(e);
      const errors = place[0].map((_, v) => share * Math.hypot(...[0, 1, 2].map((axis) => offsets[axis][v] - truth[axis][v])));
      return { mesh: surfaceOf(moving, place, { limit, errors }), box: moving.box, caption };
    };
    const why = at("why");
    this.paintMotion = async () => {
      if (!this.motionSeen) return;
      why.hidden = this.webgl && motions.subjects.length > 0;
      why.textContent = this.webgl ? "No motion is on the page." : NO_WEBGL;
      for (const part of ["pair", "controls"]) at(part).hidden = !why.hidden;
      if (!why.hidden) return;
      const ticket = (this.motionTicket = (this.motionTicket ?? 0) + 1);
      const moving = await subject();
      const [e, share] = [Number(at("of-expression").value), Number(at("share").value)];
      const limit = Math.max(0.1, Number(at("limit").value) || motions.limit_mm);
      if (ticket !== this.motionTicket) return;
      await pair.show(["left", "right"].map((name) => side(moving, at(name).value, e, share, limit)));
      root.dataset.shown = `${moving.samples[e]} ${share}`;
    };
    at("notes").replaceChildren(...[
      "Drag to turn. Both faces are drawn at corresponding places, in the alignment of the neutral face.",
      "The colour is the error of motion, how far a place has moved otherwise than the captured one; it grows with the slider, whatever the face's shape.",
      ...motions.notes,
    ].map((note) => element("li", note)));
    this.play(at("play"), at("share"));
    at("of-subject").addEventListener("input", () => fillAll(at("right").value));
    for (const control of root.querySelectorAll(".controls :is(select, input)")) control.addEventListener("input", () => this.paintMotion());
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      this.motionSeen = true;
      this.paintMotion();
    }, { rootMargin: "200px" }).observe(root);
  }

  /* A button that moves a slider to and fro; for readers who want no animation it goes to the other end. */
  play(button, slider) {
    const stop = () => { this.playing = false; button.textContent = "Play"; };
    slider.addEventListener("input", stop);
    button.addEventListener("click", async () => {
      if (this.playing) { stop(); return; }
      if (calm.matches) { slider.value = Number(slider.value) > 0.5 ? 0 : 1; this.paintMotion(); return; }
      this.playing = true;
      button.textContent = "Stop";
      const start = performance.now() - (PERIOD_MS / 2) * Number(slider.value);
      while (this.playing) {
        const now = await new Promise(requestAnimationFrame);
        const turn = ((now - start) % PERIOD_MS) / PERIOD_MS;
        slider.value = 1 - Math.abs(1 - 2 * turn);
        await this.paintMotion();
      }
    });
  }

  /* Mean maps: a bin, a method on the left, another or the difference from the first on the right. */
  async meanView() {
    const root = this.find(".means");
    const { means } = this.data;
    root.querySelector(".faces").hidden = !means;
    if (!means) {
      root.append(element("p", "No mean error map: it takes two or more samples of FaceScape that were scored with --keep-maps.", { class: "note" }));
      return;
    }
    const pair = new Pair(root);
    const kept = new Map(means.maps.map(([b, i, signed, text]) => [`${b}/${i}/${signed}`, text]));
    const differs = new Map(means.differences.map(([b, i, share, n, text]) => [`${b}/${i}`, { share, n, text }]));
    const there = this.methods.flatMap((method, i) => (means.maps.some((one) => one[1] === i) ? [[String(i), method.label]] : []));
    const against = this.methods.flatMap((method, i) => (means.differences.some((one) => one[1] === i) ? [[`d${i}`, `where ${this.methods[0].label} and ${method.label} differ`]] : []));
    const bins = means.bins.flatMap((title, b) => (means.maps.some((one) => one[0] === b) ? [[String(b), title]] : []));
    fill(root.querySelector(".bin"), bins);
    fill(root.querySelector(".left"), there);
    fill(root.querySelector(".right"), [...there, ...against, ["ref", "reference"], ["", "nothing"]], against[0]?.[0] ?? there[1]?.[0] ?? "ref");
    root.querySelector(".limit").value = this.data.limit_mm;
    root.querySelector(".notes").replaceChildren(...means.notes.map((note) => element("li", note)));
    const side = async (choice, left, bin, options) => {
      if (choice === "") return null;
      const name = choice === "ref" ? left : choice;
      if (choice.startsWith("d")) {
        const { share, n, text } = differs.get(`${bin}/${choice.slice(1)}`) ?? {};
        const labels = `${this.methods[0].label} − ${this.methods[choice.slice(1)].label}`;
        const base = kept.get(`${bin}/0/false`);
        if (!text && !base) return null;
        const surface = await readMap(text ?? base);
        const caption = text ? `${labels}: ${(100 * share).toFixed(0)} % of the face differ significantly; blue: ${this.methods[0].label} is better` : `${labels}: cannot tell, ${n ?? 0} in common`;
        return { mesh: meshOf(surface, { ...options, signed: true, limit: Math.min(options.limit, 2), grey: !text }), caption };
      }
      const text = kept.get(`${bin}/${name}/${options.signed}`);
      if (!text) return null;
      const surface = await readMap(text);
      if (choice === "ref") return { mesh: meshOf(surface, { ...options, grey: true, blend: 1 }), caption: "reference, mean of the samples" };
      const { largest, mean } = statistics(surface.values);
      return { mesh: meshOf(surface, options), caption: `${this.methods[choice].label}: mean ${mean.toFixed(2)} mm, largest ${largest.toFixed(2)} mm` };
    };
    const why = root.querySelector(".why");
    this.paintMeans = async () => {
      if (!this.meansSeen) return;
      why.hidden = this.webgl;
      why.textContent = NO_WEBGL;
      root.querySelector(".pair").hidden = !this.webgl;
      if (!this.webgl) return;
      const ticket = (this.meansTicket = (this.meansTicket ?? 0) + 1);
      const [bin, left, right] = [".bin", ".left", ".right"].map((name) => root.querySelector(name).value);
      const options = this.optionsOf(root);
      const sides = await Promise.all([side(left, left, bin, options), side(right, left, bin, options)]);
      if (ticket === this.meansTicket) await pair.show(sides);
    };
    for (const control of root.querySelectorAll(".controls :is(select, input)")) control.addEventListener("input", () => this.paintMeans());
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      this.meansSeen = true;
      this.paintMeans();
    }, { rootMargin: "200px" }).observe(root);
  }
}

const chapters = [...document.querySelectorAll(".chapter")].map((root, number) => new Chapter(root, number));

/* What stands behind a name in an address; nothing if somebody typed a "%" that stands for no letter. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function followHash() {
  const found = /^#sample-(\d+)=(.*)$/.exec(location.hash);
  if (!found) return;
  const chapter = chapters[Number(found[1])];
  const sample = decoded(found[2]);
  if (chapter?.numberOf?.has(sample)) chapter.open(sample, chapter.view.left);
}

const repaint = () => chapters.forEach((chapter) => chapter.drawn && chapter.repaint());
dark.addEventListener("change", repaint);
addEventListener("beforeprint", () => { printing = true; repaint(); });
addEventListener("afterprint", () => { printing = false; repaint(); });
addEventListener("hashchange", followHash);
Promise.all(chapters.map((chapter) => chapter.start())).then(() => {
  document.documentElement.dataset.ready = "1";
  followHash();
});
