"use strict";
// What the page says of itself, in both languages; what it says of the steps comes with the story.

const WORDS = {
  en: {
    heading: "Backprop, step by step", way: "Method", quiz: "Quiz", forward: "forward", backward: "backward",
    graph: "The graph of the expression", steps: "Steps", panel: "What happens in this step", slider: "Step",
    first: "First step", previous: "Previous step", next: "Next step", next_word: "Next", last: "Last step",
    zoom_in: "Zoom in", zoom_out: "Zoom out", zoom_fit: "Show all", now: "now",
    given: "Forward · a given value", compute: "Forward · an operation computes", seed: "Backward · the start",
    "pass back": "Backward · a gradient is passed back",
    upstream: "upstream gradient", local: "local derivative", raw: "what the rule gives", contribution: "contribution",
    before: "gradient so far", total: "gradient now", value: "value", grad: "grad", accumulates: (name) => `${name} accumulates: paths meet, so contributions add up`,
    guess: "What comes out?", guess_back: "What is the contribution?", check: "Check", reveal: "Reveal", yes: "Right!", no: "Not quite. Try again!",
    unread: "Please type a number.", right: "right", "right way": "correct way",
    wrong: "wrong",
    input: "input", parameter: "parameter", constant: "constant", intermediate: "intermediate", output: "output",
    loss: "loss", none: "nothing", of: (i, n) => `Step ${i} of ${n}`,
    some: (n) => `a selection of ${n} numbers`, language: "中文",
  },
  zh: {
    heading: "反向传播，一步一步看", way: "回传方式", quiz: "测验", forward: "前向", backward: "反向",
    graph: "表达式的计算图", steps: "步骤", panel: "这一步发生了什么", slider: "步骤",
    first: "第一步", previous: "上一步", next: "下一步", next_word: "下一步", last: "最后一步",
    zoom_in: "放大", zoom_out: "缩小", zoom_fit: "显示全部", now: "当前",
    given: "前向 · 给定的值", compute: "前向 · 运算得出结果", seed: "反向 · 起点", "pass back": "反向 · 传回梯度",
    upstream: "上游梯度", local: "局部导数", raw: "规则的结果", contribution: "贡献",
    before: "已有的梯度", total: "现在的梯度", value: "值", grad: "梯度", accumulates: (name) => `${name} 累加：多条路径在此汇合，贡献相加`,
    guess: "结果是多少？", guess_back: "贡献是多少？", check: "检查", reveal: "揭晓", yes: "正确！", no: "不对。再试一次，或者揭晓答案。",
    unread: "请输入一个数。", right: "正确", "right way": "正确方式",
    wrong: "错误",
    input: "输入", parameter: "参数", constant: "常数", intermediate: "中间值", output: "输出",
    loss: "损失", none: "没有", of: (i, n) => `第 ${i} 步，共 ${n} 步`,
    some: (n) => `${n} 个数中的一部分`, language: "English",
  },
};
