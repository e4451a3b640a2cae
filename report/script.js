"use strict";
// Draws the report from the JSON in #data. Texts only ever become text nodes, never markup.
window.addEventListener("error", event => { document.documentElement.dataset.error = event.message; });

const data = JSON.parse(document.getElementById("data").textContent);
const $ = id => document.getElementById(id);

// Elements: make("p", {class: "note"}, "text", child, …); SVG ones by draw().
const make = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
const draw = (name, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

const percent = share => {
  if (share === null || share === undefined) return "–";
  const value = 100 * share;
  return value.toFixed(value !== 0 && value < 1 ? 2 : 1) + " %";
};
const figure = row => row.rate ? percent(row.value) : row.value === null ? "–" : row.value.toFixed(4);
const interval = row => row.low === null ? "too little data" :
  row.rate ? `${(100 * row.low).toFixed(1)} to ${(100 * row.high).toFixed(1)} %` : `${row.low.toFixed(4)} to ${row.high.toFixed(4)}`;
const count = number => number.toLocaleString("en").replace(/,/g, " ");
const baseName = path => path.split("/").filter(Boolean).pop() || path;

// A chart is drawn for the width it has, and again when that changes, so that its letters keep their size.
const charts = new Map();
function chart(id, height, paint) {
  const place = typeof id === "string" ? $(id) : id;
  const repaint = () => {
    const width = Math.max(240, Math.round(place.clientWidth)), tall = Math.round(height(width));
    const svg = draw("svg", {viewBox: `0 0 ${width} ${tall}`, width, height: tall});
    paint(svg, width, tall);
    place.replaceChildren(svg);
  };
  charts.set(place, repaint);
  repaint();
  new ResizeObserver(repaint).observe(place);
}

// Axes with grid lines and labels; gives the scales. `x` and `y`: {ticks, scale (0..1 of a value), show, label}.
function axes(svg, width, height, x, y) {
  const left = 48, right = 10, top = 10, bottom = 40;
  const across = value => left + x.scale(value) * (width - left - right);
  const up = value => height - bottom - y.scale(value) * (height - top - bottom);
  for (const tick of x.ticks) {
    svg.append(draw("line", {class: "gridline", x1: across(tick), x2: across(tick), y1: top, y2: height - bottom}),
      draw("text", {x: across(tick), y: height - bottom + 17, "text-anchor": "middle"}, x.show(tick)));
  }
  for (const tick of y.ticks) {
    svg.append(draw("line", {class: "gridline", x1: left, x2: width - right, y1: up(tick), y2: up(tick)}),
      draw("text", {x: left - 7, y: up(tick) + 4, "text-anchor": "end"}, y.show(tick)));
  }
  svg.append(draw("line", {class: "axis", x1: left, x2: width - right, y1: height - bottom, y2: height - bottom}));
  svg.append(draw("text", {class: "label", x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle"}, x.label));
  return {across, up, left, right: width - right, top, bottom: height - bottom};
}
const linear = (low, high) => value => (value - low) / (high - low || 1);
function niceTicks(low, high, most) {
  const rough = (high - low) / most || 1, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find(factor => factor * power >= rough) * power;
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high * (1 + 1e-9); i++) ticks.push(i * step);
  return ticks;
}
const plain = value => String(+value.toPrecision(3));
const path = points => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

// ---- Head and figures
const modelName = data.model.path ? baseName(data.model.path) : "A model";
document.title = `${modelName} – Siamese report`;
$("title").textContent = `${modelName} on ${baseName(data.data.path)}`;
$("subtitle").textContent = [`${count(data.data.images)} pictures`,
  data.data.classes ? `${count(data.data.classes)} classes` : null,
  `${count(data.data.same_pairs)} same and ${count(data.data.different_pairs)} different pairs`,
  data.data.broken ? `${count(data.data.broken)} broken pictures left out` : null].filter(Boolean).join(" · ");
const warnings = [];
const plural = (number, one, many) => number === 1 ? one : many;
const looker = data.leakage && data.leakage.alike_by === "default" ? "the default model" : "the model";
if (data.hopeful) warnings.push("Judged on pictures it was trained on: the figures are too good to be true.");
if (data.leakage && data.leakage.exact + data.leakage.near > 0) {
  const {exact, near} = data.leakage, sure = exact || near;
  warnings.push(`${count(sure)} of the ${count(data.data.images)} pictures ${plural(sure, "is", "are")} ` +
    (exact === 0 ? "nearly equal to one of the training data" : "in the training data too") +
    (exact > 0 && near > 0 ? `, and ${count(near)} nearly so` : "") + ": the figures are too good to be true.");
}
if (data.leakage && data.leakage.alike > 0)
  warnings.push(`${count(data.leakage.alike)} ${plural(data.leakage.alike, "picture looks", "pictures look")} like an edited copy of a training picture to ${looker}, which may err.`);
$("warning").textContent = warnings.join(" ");
$("warning").hidden = warnings.length === 0;

function table(id, heads, rows) {
  $(id).append(make("thead", {}, make("tr", {}, ...heads.map((head, i) => make("th", {scope: "col", class: i ? "right" : ""}, head)))),
    make("tbody", {}, ...rows.map(row => make("tr", {}, ...row.map((cell, i) => make("td", {class: i ? "right" : ""}, cell))))));
}
const headline = /^(ROC AUC|Accuracy|Equal error|\d+-way|Recall@1$|mAP@R)/;
$("cards").append(...data.figures.filter(row => headline.test(row.name)).map(row => make("div", {},
  make("div", {class: "name"}, row.name), make("dd", {}, figure(row)), make("dd", {class: "note"}, interval(row)))));
table("figures", ["figure", "value", "95 % interval"], data.figures.map(row => [row.name, figure(row), interval(row)]));

// ---- Threshold
const distances = data.distances, steps = distances.same.length;
const allSame = data.data.same_pairs, allDifferent = data.data.different_pairs;
const at = index => ({threshold: index * distances.step, same: distances.same[index], different: distances.different[index]});
let chosen = null;
const rates = point => ({far: point.different / allDifferent, tar: point.same / allSame,
  accuracy: (point.same + allDifferent - point.different) / (allSame + allDifferent)});

function choose(point) {
  chosen = point;
  const {far, tar, accuracy} = rates(point);
  $("threshold-value").textContent = point.threshold.toFixed(3);
  $("slider").setAttribute("aria-valuetext", `distance ${point.threshold.toFixed(3)}`);
  $("far").textContent = percent(far);
  $("far-count").textContent = `${count(point.different)} of ${count(allDifferent)} different pairs called same`;
  $("frr").textContent = percent(1 - tar);
  $("frr-count").textContent = `${count(allSame - point.same)} of ${count(allSame)} same pairs called different`;
  $("accuracy").textContent = percent(accuracy);
  $("accuracy-count").textContent = `${count(point.same + allDifferent - point.different)} of ${count(allSame + allDifferent)} verdicts right`;
  for (const button of $("points").children) button.setAttribute("aria-pressed", String(+button.value === point.threshold));
  for (const id of ["histogram", "roc", "det"]) { const repaint = charts.get($(id)); if (repaint) repaint(); }
}

const slider = $("slider");
slider.max = steps - 1;
$("fitted-here").hidden = !data.fitted_here;
slider.addEventListener("input", () => choose(at(+slider.value)));
$("points").append(...distances.points.map(point => {
  const button = make("button", {type: "button", value: point.threshold}, `${point.name}: ${point.threshold.toFixed(3)}`);
  button.addEventListener("click", () => {
    slider.value = Math.round(point.threshold / distances.step);
    choose(point);
  });
  return button;
}));

chart("histogram", width => Math.min(360, Math.max(220, width * 0.42)), (svg, width, height) => {
  const group = Math.ceil(steps / Math.max(24, Math.min(80, width / 9)));
  const bins = Math.ceil(steps / group), farthest = bins * group * distances.step;
  const shares = (counts, all) => Array.from({length: bins}, (_, i) => {
    const end = counts[Math.min(steps - 1, (i + 1) * group)], begin = i ? counts[Math.min(steps - 1, i * group)] : 0;
    return (end - begin) / all;
  });
  const kinds = [["different", shares(distances.different, allDifferent)], ["same", shares(distances.same, allSame)]];
  const most = Math.max(...kinds.flatMap(([, share]) => share));
  const frame = axes(svg, width, height,
    {ticks: niceTicks(0, farthest, width / 90), scale: linear(0, farthest), show: plain, label: "distance"},
    {ticks: niceTicks(0, most, 5), scale: linear(0, most * 1.05), show: value => plain(100 * value) + "%"});
  for (const [kind, share] of kinds) {
    const outline = [[frame.across(0), frame.bottom]];
    share.forEach((part, i) => outline.push([frame.across(i * group * distances.step), frame.up(part)],
      [frame.across((i + 1) * group * distances.step), frame.up(part)]));
    outline.push([frame.right, frame.bottom]);
    svg.append(draw("path", {class: `area-${kind}`, d: path(outline)}));
  }
  ["same", "different"].forEach((kind, i) => svg.append(
    draw("rect", {class: `area-${kind}`, x: frame.right - 104, y: frame.top + 4 + 20 * i, width: 12, height: 12, rx: 2}),
    draw("text", {class: "label", x: frame.right - 86, y: frame.top + 14 + 20 * i}, `${kind} pairs`)));
  if (!chosen) return;
  const x = frame.across(Math.min(chosen.threshold, farthest));
  svg.append(draw("line", {class: "mark", x1: x, x2: x, y1: frame.top, y2: frame.bottom}));
});

// ---- Curves
const curve = data.curve;
const share01 = {ticks: [0, .2, .4, .6, .8, 1], scale: linear(0, 1), show: value => plain(100 * value) + "%"};
const tallSquare = width => Math.min(380, width * 0.85);
const banded = curve.filter(point => point[2] !== null);
$("band-text").textContent = banded.length > 0 ? "Shaded: pointwise 95 % intervals." : "Too few classes to draw intervals from.";
chart("roc", tallSquare, (svg, width, height) => {
  const frame = axes(svg, width, height, {...share01, label: "false-accept rate"}, {...share01});
  const {across, up} = frame;
  svg.append(draw("path", {class: "guide", d: path([[across(0), up(0)], [across(1), up(1)]])}));
  svg.append(draw("path", {class: "band", d: path([...banded.map(p => [across(p[0]), up(p[3])]), ...banded.slice().reverse().map(p => [across(p[0]), up(p[2])])]) + "Z"}));
  svg.append(draw("path", {class: "line", d: path([[across(0), up(0)], ...curve.map(p => [across(p[0]), up(p[1])])])}));
  if (chosen) svg.append(draw("circle", {class: "dot", r: 6, cx: across(rates(chosen).far), cy: up(rates(chosen).tar)}));
});

// The normal distribution (Abramowitz & Stegun 26.2.17, to 8e-8) and its inverse by bisection.
function normal(x) {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail = Math.exp(-x * x / 2) * 0.3989422804 * t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x >= 0 ? 1 - tail : tail;
}
function probit(share) {
  let low = -6, high = 6;
  for (let i = 0; i < 40; i++) { const middle = (low + high) / 2; if (normal(middle) < share) low = middle; else high = middle; }
  return low;
}
chart("det", tallSquare, (svg, width, height) => {
  const least = Math.max(1e-4, 0.5 / Math.max(allSame, allDifferent)), most = 0.6;
  const clip = share => Math.min(most, Math.max(least, share));
  const bottom = probit(least), span = probit(most) - bottom;
  const axis = {ticks: [.0002, .001, .005, .02, .05, .1, .2, .4, .6].filter(tick => tick >= least),
    scale: share => (probit(clip(share)) - bottom) / span, show: value => plain(100 * value) + "%"};
  const frame = axes(svg, width, height, {...axis, ticks: axis.ticks.filter((_, i) => width > 380 || i % 2 === 0), label: "false-accept rate"}, {...axis});
  const {across, up} = frame;
  const fits = p => p[0] >= least && p[0] <= most;
  const shown = curve.filter(p => fits(p) && 1 - p[1] <= most), shownBand = banded.filter(fits);
  svg.append(draw("path", {class: "band", d: path([...shownBand.map(p => [across(p[0]), up(1 - p[3])]), ...shownBand.slice().reverse().map(p => [across(p[0]), up(1 - p[2])])]) + "Z"}));
  svg.append(draw("path", {class: "guide", d: path([[across(least), up(least)], [across(most), up(most)]])}));
  svg.append(draw("path", {class: "line", d: path(shown.map(p => [across(p[0]), up(1 - p[1])]))}));
  if (chosen) svg.append(draw("circle", {class: "dot", r: 6, cx: across(rates(chosen).far), cy: up(1 - rates(chosen).tar)}));
});

// ---- Reliability
if (data.reliability) {
  const {bins, expected_error, folds, in_sample} = data.reliability;
  const fitted = folds > 0 ? ` Each pair is judged by a fit on other classes (cross-fitted, ${folds} folds); the model's own is a fit on all of these.` :
    in_sample ? " These are the pairs that it was fitted on, of too few classes to leave some out: a hopeful figure." : "";
  $("reliability-text").textContent = `It is off by ${(100 * expected_error).toFixed(1)} points on average (expected calibration error).` + fitted;
  chart("diagram", width => Math.min(400, width * 0.9), (svg, width, height) => {
    const {across, up} = axes(svg, width, height, {...share01, label: "similarity"}, {...share01});
    svg.append(draw("path", {class: "guide", d: path([[across(0), up(0)], [across(1), up(1)]])}));
    const shown = bins.filter(bin => bin[4] > 0);
    svg.append(draw("path", {class: "line", "stroke-opacity": .45, d: path(shown.map(bin => [across(bin[0]), up(bin[1])]))}));
    for (const [similarity, same, low, high, pairs] of shown) {
      svg.append(draw("line", {class: "whisker", x1: across(similarity), x2: across(similarity), y1: up(low), y2: up(high)}),
        draw("circle", {class: "point", r: 5, cx: across(similarity), cy: up(same)},
          draw("title", {}, `similarity ${percent(similarity)}, same ${percent(same)} of ${count(pairs)} pairs`)));
    }
  });
} else $("reliability").remove();

// ---- Examples
const picture = (number, name) => make("img", {src: data.pictures[number], alt: name, title: name, loading: "lazy"});
const lists = [["false_accepts", "Called same, but different", "The nearest of the different pairs."],
  ["false_rejects", "Called different, but same", "The farthest of the same pairs."],
  ["lucky_same", "Just called same, and rightly", "The farthest same pairs within the threshold."],
  ["lucky_different", "Just called different, and rightly", "The nearest different pairs beyond it."]];
for (const [key, title, text] of lists) {
  const pairs = data.examples[key];
  $("example-lists").append(make("h3", {}, title), make("p", {class: "note"}, text),
    pairs.length === 0 ? make("p", {class: "empty"}, "None.") :
      make("div", {class: "gallery"}, ...pairs.map(pair => make("figure", {},
        make("div", {class: "images"}, picture(pair.a, pair.path_a), picture(pair.b, pair.path_b)),
        make("figcaption", {}, make("span", {}, `distance ${pair.distance.toFixed(3)}` +
          (pair.similarity === undefined ? "" : ` · similarity ${percent(pair.similarity)}`)),
        make("span", {}, shorten(pair.path_a)), make("span", {}, shorten(pair.path_b)))))));
}
function shorten(name) {
  const root = data.data.path.replace(/\/*$/, "/");
  return name.startsWith(root) ? name.slice(root.length) : name;
}

// ---- Classes
if (data.classes) {
  $("mix-ups").append(...data.mix_ups.map(mix => make("figure", {},
    make("div", {class: "images"}, picture(mix.a, mix.path_a), picture(mix.b, mix.path_b)),
    make("figcaption", {}, make("span", {class: "same"}, mix.truth), make("span", {class: "different"}, `→ ${mix.taken_for}`),
      make("span", {}, `${mix.count} of ${mix.queries} queries`)))));
  $("confusion-text").append(data.mix_ups.length === 0 ? " None went to a wrong class." : " These went wrong most often.");
  table("classes", ["class", "pictures", "Recall@1", "mAP@R", "most often taken for"], data.classes.map(row =>
    [row.name, count(row.pictures), percent(row.recall_at_1), percent(row.map_at_r), row.confused_with || ""]));
  drawMatrix();
} else $("confusion").remove();

// The classes of the most frequent mix-ups, true ones down, what they were taken for across.
function drawMatrix() {
  const names = [];
  for (const mix of data.mix_ups) for (const name of [mix.truth, mix.taken_for])
    if (names.length < 16 && !names.includes(name)) names.push(name);
  if (names.length < 2) return $("matrix").remove();
  const most = Math.max(...data.mix_ups.map(mix => mix.count));
  const labelWidth = width => Math.min(190, width * 0.34);
  chart("matrix", width => Math.min(width - labelWidth(width) + 16, 620), (svg, width, height) => {
    const label = labelWidth(width), side = Math.min((width - label - 10) / names.length, (height - 26) / names.length);
    names.forEach((name, i) => {
      const room = Math.floor((label - 32) / 7), short = name.length > room ? "…" + name.slice(1 - room) : name;
      svg.append(draw("text", {x: label - 6, y: 22 + side * (i + .5) + 4, "text-anchor": "end"}, short, draw("title", {}, name)),
        draw("text", {x: label + side * (i + .5), y: 16, "text-anchor": "middle"}, String(i + 1)));
      names.forEach((other, j) => {
        const mix = data.mix_ups.find(row => row.truth === name && row.taken_for === other);
        svg.append(draw("rect", {x: label + side * j + 1, y: 22 + side * i + 1, width: side - 2, height: side - 2, rx: 3,
          fill: i === j ? "var(--grid)" : "var(--different)", "fill-opacity": i === j ? 1 : mix ? .2 + .75 * mix.count / most : .04},
        draw("title", {}, `${name} → ${other}: ${mix ? mix.count : i === j ? "right" : "fewer"}`)));
        if (mix) svg.append(draw("text", {class: "label", x: label + side * (j + .5), y: 22 + side * (i + .5) + 4, "text-anchor": "middle"}, String(mix.count)));
      });
      svg.append(draw("text", {x: 0, y: 22 + side * (i + .5) + 4}, String(i + 1)));
    });
  });
}

// ---- Leakage
if (data.leakage) {
  const {exact, near, alike, pairs, training_images} = data.leakage, left = exact + near + alike - pairs.length;
  const words = {exact: pair => "equal", near: pair => `correlation ${pair.correlation.toFixed(3)} · distance ${pair.distance.toFixed(3)}`,
    alike: pair => `an edited copy, by ${looker} · distance ${pair.distance.toFixed(3)}`};
  $("leakage-text").textContent = exact + near + alike === 0 ?
    `None of these pictures is among the ${count(training_images)} of the training data, or like one.` :
    "What was judged, on the left, and its like in the training data. What was trained on cannot show how the model does on what is new." +
    (left > 0 ? ` ${count(left)} more ${plural(left, "is", "are")} in siamese-eval --json.` : "");
  $("leaks").append(...pairs.map(pair => make("figure", {},
    make("div", {class: "images"}, picture(pair.a, pair.path_a), picture(pair.b, pair.path_b)),
    make("figcaption", {}, make("span", {}, words[pair.kind](pair)),
      make("span", {}, shorten(pair.path_a)), make("span", {}, pair.path_b)))));
} else $("leakage").remove();

// ---- Map
{
  const points = data.map.points, order = points.map((_, i) => i).sort((a, b) => points[a].x - points[b].x);
  const hue = name => { let hash = 7; for (const letter of name) hash = (Math.imul(hash, 31) + letter.codePointAt(0)) >>> 0; return (hash * 137.508) % 360; };
  let selected = -1;
  $("map-text").textContent = `Near means alike to the model. Two directions of ${data.model.embedding} (principal components) hold ` +
    `${percent(data.map.share[0] + data.map.share[1])} of what varies, so that not all neighbours here are neighbours.` +
    (points.length < data.data.images ? ` A draw of ${count(points.length)} pictures.` : "");
  const select = index => {
    selected = index;
    $("map-choice").replaceChildren(make("b", {}, points[index].class || ""), points[index].class ? " · " : "", shorten(points[index].path));
    charts.get($("plane"))();
  };
  const range = key => { const values = points.map(point => point[key]), low = Math.min(...values), high = Math.max(...values); return [low, high === low ? low + 1 : high]; };
  const [lowX, highX] = range("x"), [lowY, highY] = range("y");
  chart("plane", width => Math.max(300, Math.min(620, width * 0.62)), (svg, width, height) => {
    const size = Math.max(18, Math.min(34, width / 30));
    const x = point => linear(lowX, highX)(point.x) * (width - size - 8) + 4;
    const y = point => (1 - linear(lowY, highY)(point.y)) * (height - size - 8) + 4;
    const name = selected >= 0 ? points[selected].class : undefined;
    const add = (point, index, grown) => {
      const side = grown ? size * 2.2 : size, left = Math.min(x(point), width - side), top = Math.min(y(point), height - side);
      const faded = selected >= 0 && index !== selected && (name === undefined || point.class !== name);
      const group = draw("g", faded ? {class: "faded"} : {}, draw("rect", {x: left - 1, y: top - 1, width: side + 2, height: side + 2, rx: 3,
        style: `stroke:hsl(${point.class ? hue(point.class) : 220} 65% 52%);fill:#fff`}),
      draw("image", {x: left, y: top, width: side, height: side, href: data.pictures[point.picture]}, draw("title", {}, `${point.class || ""} ${shorten(point.path)}`)));
      group.addEventListener("click", () => select(index));
      svg.append(group);
    };
    points.forEach((point, index) => { if (index !== selected) add(point, index, false); });
    if (selected >= 0) add(points[selected], selected, true);
  });
  $("plane").addEventListener("keydown", event => {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    if (event.key === "Escape") { selected = -1; $("map-choice").textContent = ""; charts.get($("plane"))(); }
    if (!step) return;
    event.preventDefault();
    const place = selected < 0 ? (step > 0 ? 0 : order.length - 1) : (order.indexOf(selected) + step + order.length) % order.length;
    select(order[place]);
  });
}

// ---- Training
if (data.training) {
  const {training} = data, length = training.loss.length;
  const step = index => training.first + (index + 1) * training.stride;
  const panels = [["Loss", [["loss", ""]]], ["Mean distances", [["same", "line-same"], ["different", "line-different"]]],
    ["Spread of the embeddings", [["spread", ""]]], ["Norm of the gradient", [["norm", ""]]], ["Learning rate", [["rate", ""]]]];
  for (const [title, series] of panels) {
    const place = make("div", {class: "chart", role: "img", "aria-label": `${title} by step`});
    $("training-curves").append(make("figure", {}, make("figcaption", {}, make("b", {}, title),
      ...(series.length > 1 ? [": ", make("span", {class: "same"}, "same"), " and ", make("span", {class: "different"}, "different"), " pairs"] : [])), place));
    const values = series.flatMap(([key]) => training[key].filter(value => value !== null)), most = Math.max(...values, 1e-12);
    chart(place, width => Math.min(220, width * 0.6), (svg, width, height) => {
      const {across, up} = axes(svg, width, height, {ticks: niceTicks(training.first, step(length - 1), width / 90), scale: linear(training.first, step(length - 1)), show: value => count(value), label: "step"},
        {ticks: niceTicks(0, most, 4), scale: linear(0, most * 1.05), show: plain});
      for (const [key, style] of series)
        svg.append(draw("path", {class: `line ${style}`, d: path(training[key].map((value, i) => [across(step(i)), up(value)]).filter(p => Number.isFinite(p[1])))}));
    });
  }
} else $("training").remove();

// ---- Origin
const origin = [["Command", data.command], ["Model", data.model.path], ["Data", data.data.path],
  ["Fingerprint of what was judged on", data.data.fingerprint], ["Fingerprint of what was trained on", data.data.training_fingerprint],
  ["Seed", String(data.seed)], ["Device", data.device], ["Network", `${data.model.input.join(" × ")} → ${data.model.embedding}, ${count(data.model.weights)} weights`],
  ["Version", `siamese ${data.version}`]];
for (const [name, value] of origin) if (value) $("origin-list").append(make("dt", {}, name), make("dd", {}, name === "Seed" ? value : make("code", {}, value)));
for (const key of ["encoder", "settings"]) if (data.model[key]) $(key).textContent = data.model[key]; else $(`${key}-details`).remove();

for (const section of document.querySelectorAll("section"))
  $("sections").append(make("a", {href: `#${section.id}`}, section.dataset.title));

// The page opens at the model's own threshold, which need not be one of the slider's places.
slider.value = Math.round(distances.threshold / distances.step);
choose(distances.points.find(point => point.threshold === distances.threshold) || at(+slider.value));
document.documentElement.dataset.ready = "yes";
