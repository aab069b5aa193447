#include "tests/llvm/op_cases.h"

#include "ir/error.h"

namespace lathe::test {

using ir::Builder;
using ir::OpKind;
using ir::ValueId;

void OpCases::add(const std::string& name, Bound bound,
                  const std::function<ValueId(Builder&)>& build) {
  ir::Function& f = module.functions.emplace_back();
  f.name = "f" + std::to_string(cases.size()) + "." + name;
  Builder b(module, f);
  if (const ValueId y = build(b); y != ir::kNone) b.output("y", y);
  cases.push_back({f.name, bound});
}

ir::StateId OpCases::state(const TensorType& type) {
  module.states.push_back({"s" + std::to_string(module.states.size()), type, {}});
  return static_cast<ir::StateId>(module.states.size()) - 1;
}

namespace {

enum class Source { Param, State, Computed };

ValueId operand(OpCases& c, Builder& b, Source source, const std::string& name, const Shape& s) {
  switch (source) {
    case Source::State:
      if (s[0].is_symbol()) return b.param(name, f32(s));
      return b.state(c.state(f32(s)));
    case Source::Param:
      return b.param(name, f32(s));
    case Source::Computed:
      return b.map("neg", {b.param(name, f32(s))});
  }
  internal_error(__FILE__, __LINE__, "bad source");
}

void matmul_cases(OpCases& c) {
  const std::vector<Dim> sizes = {1, 2, 15, 16, 17, 31, 33, 100};
  const auto add = [&](Dim m, Dim n, Dim k, bool ta, bool tb, Source x, Source y, DType t) {
    const Shape xs = ta ? Shape{k, m} : Shape{m, k}, ys = tb ? Shape{n, k} : Shape{k, n};
    c.add(m.to_string() + "x" + n.to_string() + "x" + k.to_string() + (ta ? ".ta" : "") +
              (tb ? ".tb" : ""),
          {.sums = true}, [&](Builder& b) {
            if (t != DType::F32)
              return b.matmul(b.param("x", {t, xs}), b.param("y", {t, ys}), ta, tb);
            const ValueId p = operand(c, b, x, "x", xs);
            return b.matmul(p, operand(c, b, y, "y", ys), ta, tb);
          });
  };
  int count = 0;
  for (bool ta : {false, true})
    for (bool tb : {false, true})
      for (size_t i = 0; i < sizes.size(); ++i) {
        const auto source = [&] { return static_cast<Source>(count++ % 3); };
        const Source x = source(), y = source();
        add(sizes[i], sizes[(3 * i + 1) % 8], sizes[(5 * i + 2) % 8], ta, tb, x, y, DType::F32);
        if (!ta) add(B, sizes[i], sizes[(3 * i + 4) % 8], ta, tb, y, x, DType::F32);
        if (ta && !tb) add(sizes[i], sizes[(5 * i + 3) % 8], B, ta, tb, x, y, DType::F32);
        ++count;
      }
  for (bool ta : {false, true})
    for (bool tb : {false, true}) add(5, 7, 9, ta, tb, Source::Param, Source::Param, DType::F64);
  add(B, 300, 100, false, false, Source::Param, Source::State, DType::F32);
  add(100, 33, B, true, false, Source::Computed, Source::Computed, DType::F32);
  // All axes but the last are rows.
  const auto rows = [&](const Shape& xs, const Shape& ys, bool ta, bool tb, DType t) {
    c.add("rows", {.sums = true}, [&](Builder& b) {
      return b.matmul(b.param("x", {t, xs}), b.param("y", {t, ys}), ta, tb);
    });
  };
  for (const DType t : {DType::F32, DType::F64}) {
    rows({B, 3, 17}, {17, 33}, false, false, t);
    rows({B, 3, 2, 16}, {20, 16}, false, true, t);
    rows({5, 7, 20}, {20, 1}, false, false, t);
    rows({B, 3, 17}, {B, 3, 33}, true, false, t);
    rows({4, 9, 20}, {4, 9, 31}, true, false, t);
  }
  const auto same = [&](const Shape& s, bool ta, bool tb) {
    c.add("same", {.sums = true}, [&](Builder& b) {
      const ValueId x = b.param("x", f32(s));
      return b.matmul(x, x, ta, tb);
    });
  };
  same({B, 21}, true, false);
  same({17, 17}, false, false);
  same({17, 5}, false, true);
  same({5, 17}, true, false);
  const auto constant = [&](bool left) {
    c.add("constant", {.sums = true}, [&](Builder& b) {
      const ValueId x = b.param("x", f32({6, 6})), k = b.constant(-0.5, DType::F32, {6, 6});
      return left ? b.matmul(k, x) : b.matmul(x, k);
    });
  };
  constant(true);
  constant(false);
}

void reduce_cases(OpCases& c) {
  const std::vector<Shape> shapes = {{B},        {1},         {50},        {B, 1},  {B, 37},
                                     {B, 16},    {40, 37},    {37, 1},     {1, 40}, {B, 3, 5},
                                     {7, 3, 20}, {B, 28, 28}, {2, 3, 4, 5}};
  for (const char* kind : {"sum", "mean", "max", "min"})
    for (const Shape& shape : shapes)
      for (unsigned set = 1; set < 1u << shape.size(); ++set) {
        std::vector<int64_t> axes;
        for (size_t i = 0; i < shape.size(); ++i)
          if (set & 1u << i) axes.push_back(static_cast<int64_t>(i));
        const bool sums = std::string(kind) == "sum" || std::string(kind) == "mean";
        const bool keep = set % 2 == 0;
        // A mean may leave the range of f32 on its way, where its sum does.
        c.add(kind, {.sums = sums, .extremes = std::string(kind) != "mean"},
              [&](Builder& b) { return b.reduce(kind, b.param("x", f32(shape)), axes, keep); });
      }
  for (const Shape& shape : {Shape{B, 21}, Shape{B}, Shape{4, 5}})
    for (int64_t axis = 0; axis < static_cast<int64_t>(shape.size()); ++axis)
      for (const char* kind : {"sum", "max"})
        c.add(kind, {.sums = std::string(kind) == "sum"}, [&](Builder& b) {
          return b.reduce(kind, b.param("x", {DType::F64, shape}), {axis});
        });
  c.add("constant", {.sums = true},
        [](Builder& b) { return b.reduce("sum", b.constant(0.1, DType::F32, {B, 3}), {0, 1}); });
}

void softmax_cases(OpCases& c, bool logarithm) {
  // exp of x within an ulp, a sum of n terms, a division; the logarithm of a sum near 1 is small.
  for (const Shape& shape :
       {Shape{B, 10}, Shape{B, 1}, Shape{B, 33}, Shape{3, 16}, Shape{12}, Shape{1}, Shape{B, 3, 7}})
    c.add("f32", {.ulps = 16, .absolute = logarithm ? 1e-6 : 0}, [&](Builder& b) {
      const ValueId x = b.param("x", f32(shape));
      return logarithm ? b.log_softmax(x) : b.softmax(x);
    });
  c.add("f64", {.ulps = 4}, [&](Builder& b) {
    const ValueId x = b.param("x", {DType::F64, {B, 10}});
    return logarithm ? b.log_softmax(x) : b.softmax(x);
  });
}

void gather_cases(OpCases& c) {
  for (DType t : {DType::F32, DType::U8, DType::Bool, DType::F64, DType::I64})
    for (DType index : {DType::I32, DType::U8, DType::I64})
      for (const Shape& data : {Shape{N, 21}, Shape{N}, Shape{5, 16}, Shape{5}, Shape{N, 3, 7}})
        c.add(std::string(dtype_name(t)), {}, [&](Builder& b) {
          const ValueId d = b.param("data", {t, data});
          return b.gather(d, b.param("index", {index, {B}}));
        });
  for (DType t : {DType::F32, DType::U8, DType::F64})
    for (const Shape& data : {Shape{N, 6}, Shape{N}, Shape{N, 3, 7}})
      for (int64_t window : {1, 2, 5})
        c.add("window", {}, [&](Builder& b) {
          const ValueId d = b.param("data", {t, data});
          return b.gather(d, b.param("index", {DType::I32, {B}}), window);
        });
  for (const Shape& data : {Shape{N, 21}, Shape{5}, Shape{5, 3, 7}})
    for (const Shape& index : {Shape{B, 4}, Shape{3, 4}, Shape{B, 2, 3}})
      c.add("many", {}, [&](Builder& b) {
        return b.gather(b.param("data", f32(data)), b.param("index", {DType::I32, index}));
      });
  c.add("static", {}, [](Builder& b) {
    return b.gather(b.param("data", f32({5, 9})), b.param("index", {DType::I32, {5}}));
  });
  c.add("state", {}, [&](Builder& b) {
    return b.gather(b.state(c.state(f32({5, 9}))), b.param("index", {DType::I32, {B}}));
  });
  c.add("computed", {}, [](Builder& b) {
    const ValueId data = b.map("neg", {b.param("data", f32({5, 9}))});
    return b.gather(data, b.argmax(b.param("x", f32({B, 5}))));
  });
  c.add("constant", {}, [](Builder& b) {
    return b.gather(b.constant(2, DType::F32, {5, 9}), b.param("index", {DType::I32, {B}}));
  });
}

void scatter_cases(OpCases& c) {
  const auto add = [&](const char* name, DType t, const Shape& parts, const TensorType& index,
                       int64_t rows) {
    c.add(name, {.sums = true}, [&](Builder& b) {
      return b.scatter_add(b.param("parts", {t, parts}), b.param("index", index), rows);
    });
  };
  for (DType t : {DType::F32, DType::F64})
    for (int64_t rows : {5, 40}) {
      add("vectors", t, {B, 21}, {DType::I32, {B}}, rows);
      add("numbers", t, {B}, {DType::U8, {B}}, rows);
      add("matrices", t, {B, 3, 16}, {DType::I64, {B}}, rows);
      add("many", t, {B, 4, 7}, {DType::I32, {B, 4}}, rows);
      add("fixed", t, {3, 2, 2, 32}, {DType::I32, {3, 2, 2}}, rows);
    }
  c.add("constant", {.sums = true}, [](Builder& b) {
    return b.scatter_add(b.constant(0.5, DType::F32, {B, 9}), b.param("index", {DType::I32, {B}}),
                         5);
  });
  c.add("one_place", {.sums = true}, [](Builder& b) {
    return b.scatter_add(b.param("parts", f32({B, 9})), b.constant(2, DType::I32, {B}), 5);
  });
  c.add("computed", {.sums = true}, [](Builder& b) {
    const ValueId parts = b.map("neg", {b.param("parts", f32({B, 9}))});
    const ValueId index = b.convert(b.param("index", {DType::U8, {B}}), DType::I32);
    return b.map("neg", {b.scatter_add(parts, index, 7)});
  });
  c.add("assigned", {.sums = true}, [&](Builder& b) {
    b.assign(c.state(f32({5, 9})),
             b.scatter_add(b.param("parts", f32({B, 9})), b.param("index", {DType::I32, {B}}), 5));
    return ir::kNone;
  });
}

void concat_cases(OpCases& c) {
  const auto add = [&](DType t, const std::vector<Shape>& parts, int64_t axis) {
    c.add(std::string(dtype_name(t)), {}, [&](Builder& b) {
      std::vector<ValueId> values;
      for (const Shape& s : parts)
        values.push_back(b.param("x" + std::to_string(values.size()), {t, s}));
      return b.concat(values, axis);
    });
  };
  for (DType t : {DType::F32, DType::F64, DType::I32, DType::U8, DType::Bool}) {
    add(t, {{B, 3}, {B, 20}, {B, 1}}, 1);
    add(t, {{4, 3}, {1, 3}}, 0);
    add(t, {{5}}, 0);
  }
  add(DType::F32, {{B, 2, 5}, {B, 3, 5}}, 1);
  add(DType::F32, {{B, 2, 5}, {B, 2, 1}}, 2);
}

void slice_cases(OpCases& c) {
  const auto add = [&](DType t, const Shape& s, int64_t axis, int64_t start, int64_t size) {
    c.add(std::string(dtype_name(t)), {},
          [&](Builder& b) { return b.slice(b.param("x", {t, s}), axis, start, size); });
  };
  for (DType t : {DType::F32, DType::F64, DType::I64, DType::U8, DType::Bool}) {
    add(t, {B, 21}, 1, 4, 17);
    add(t, {9}, 0, 8, 1);
    add(t, {5, 6}, 0, 1, 3);
  }
  add(DType::F32, {B, 3, 7}, 1, 1, 2);
  add(DType::F32, {B, 3, 7}, 2, 0, 7);
}

void assign_cases(OpCases& c) {
  for (const TensorType& t :
       {f32({}), f32({37}), f32({17, 20}), f32({3, 4, 5}), TensorType{DType::F64, {5}},
        TensorType{DType::I64, {}}, TensorType{DType::Bool, {3}}, TensorType{DType::U8, {20}}})
    c.add("param", {}, [&](Builder& b) {
      b.assign(c.state(t), b.param("x", t));
      return ir::kNone;
    });
  c.add("loops", {}, [&](Builder& b) {
    b.assign(c.state(f32({20})), b.concat({b.param("x", f32({15})), b.param("y", f32({5}))}, 0));
    return ir::kNone;
  });
  c.add("transpose", {}, [&](Builder& b) {
    b.assign(c.state(f32({20, 7})), b.transpose(b.param("x", f32({7, 20}))));
    return ir::kNone;
  });
}

}  // namespace

OpCases cases_of(OpKind kind) {
  OpCases c;
  const auto unary = [&](const std::vector<TensorType>& types, const auto& build) {
    for (const TensorType& t : types)
      c.add(std::string(dtype_name(t.dtype)), {},
            [&](Builder& b) { return build(b, b.param("x", t)); });
  };
  switch (kind) {
    case OpKind::Param:
      for (const Shape& shape : kShapes)
        for (DType t : {DType::F32, DType::I32, DType::Bool})
          c.add("param", {}, [&](Builder& b) { return b.param("x", {t, shape}); });
      return c;
    case OpKind::State:
      for (const Shape& s : {Shape{}, Shape{5}, Shape{17, 20}, Shape{2, 3, 4}})
        for (DType t : {DType::F32, DType::I64, DType::Bool})
          c.add("state", {}, [&](Builder& b) { return b.state(c.state({t, s})); });
      return c;
    case OpKind::Map:
      map_cases(c);
      return c;
    case OpKind::Constant:
      for (const Shape& shape : kShapes)
        for (DType t : {DType::F32, DType::F64, DType::I64, DType::I32, DType::U8, DType::Bool})
          c.add("constant", {}, [&](Builder& b) {
            b.param("x", f32({B, 1}));
            return b.constant(is_float(t) ? -0.1 : 1, t, shape);
          });
      return c;
    case OpKind::Convert:
      convert_cases(c);
      return c;
    case OpKind::MatMul:
      matmul_cases(c);
      return c;
    case OpKind::Transpose:
      unary({f32({1, 1}),
             f32({1, 40}),
             f32({40, 1}),
             f32({16, 16}),
             f32({17, 33}),
             f32({100, 31}),
             {DType::F64, {5, 7}},
             {DType::I32, {5, 7}},
             {DType::Bool, {5, 7}}},
            [](Builder& b, ValueId x) { return b.transpose(x); });
      unary({f32({2, 3, 20}), {DType::U8, {4, 1, 5}}},
            [](Builder& b, ValueId x) { return b.transpose(x, {2, 0, 1}); });
      unary({f32({B, 3, 20}), {DType::F64, {B, 4, 5}}, {DType::Bool, {B, 1, 7}}},
            [](Builder& b, ValueId x) { return b.transpose(x, {0, 2, 1}); });
      unary({f32({B, 2, 3, 5})},
            [](Builder& b, ValueId x) { return b.transpose(x, {0, 3, 1, 2}); });
      return c;
    case OpKind::Reduce:
      reduce_cases(c);
      return c;
    case OpKind::Broadcast:
      for (const Shape& to : {Shape{B, 21}, Shape{3, 1}, Shape{3, 21}, Shape{4, 3, 21}})
        for (const Shape& from : {Shape{}, Shape{1}, Shape{1, 1}})
          for (DType t : {DType::F32, DType::I64, DType::Bool})
            c.add("broadcast", {},
                  [&](Builder& b) { return b.broadcast(b.param("x", {t, from}), to); });
      c.add("columns", {},
            [](Builder& b) { return b.broadcast(b.param("x", {DType::Bool, {B, 1}}), {B, 21}); });
      c.add("middle", {},
            [](Builder& b) { return b.broadcast(b.param("x", f32({B, 1, 7})), {B, 3, 7}); });
      return c;
    case OpKind::Reshape:
      unary({f32({B, 3, 4}), {DType::U8, {B, 12}}, {DType::Bool, {B, 12, 1}}},
            [](Builder& b, ValueId x) { return b.reshape(x, {B, 4, 3}); });
      unary({f32({12}), f32({3, 4})}, [](Builder& b, ValueId x) {
        return b.map("add", {b.reshape(x, {2, 6}), b.constant(1, DType::F32)});
      });
      c.add("leaves", {}, [](Builder& b) {
        const ValueId x = b.param("x", f32({B, 4}));
        const ValueId k = b.reshape(b.constant(3, DType::F32, {2, 2}), {4});
        return b.map("add", {b.map("mul", {x, k}), b.reshape(b.batch_size(), {1, 1})});
      });
      return c;
    case OpKind::Softmax:
      softmax_cases(c, false);
      return c;
    case OpKind::LogSoftmax:
      softmax_cases(c, true);
      return c;
    case OpKind::Gather:
      gather_cases(c);
      return c;
    case OpKind::ScatterAdd:
      scatter_cases(c);
      return c;
    case OpKind::OneHot:
      for (DType t : {DType::I32, DType::U8, DType::I64})
        for (int64_t depth : {1, 10, 16, 40})
          for (const Dim& rows : {B, Dim(5)})
            c.add("one_hot", {},
                  [&](Builder& b) { return b.one_hot(b.param("labels", {t, {rows}}), depth); });
      return c;
    case OpKind::ArgMax:
      unary({f32({B, 10}),
             f32({B, 1}),
             f32({B, 33}),
             f32({7, 16}),
             f32({12}),
             f32({B, 3, 5}),
             {DType::F64, {B, 10}}},
            [](Builder& b, ValueId x) { return b.argmax(x); });
      return c;
    case OpKind::Concat:
      concat_cases(c);
      return c;
    case OpKind::Slice:
      slice_cases(c);
      return c;
    case OpKind::RandomUniform:
      for (const Shape& shape : kShapes)
        c.add("uniform", {}, [&](Builder& b) {
          return b.random_uniform(b.param("seed", {DType::I64, {}}),
                                  b.param("step", {DType::I64, {}}), 3, shape);
        });
      return c;
    case OpKind::BatchSize:
      c.add("number", {}, [](Builder& b) {
        b.param("x", f32({B}));
        return b.batch_size();
      });
      c.add("operand", {},
            [](Builder& b) { return b.map("mul", {b.param("x", f32({B, 21})), b.batch_size()}); });
      return c;
    case OpKind::Minimize:
      c.add("sgd", {.ulps = 64, .absolute = 1e-6, .extremes = false}, [&](Builder& b) {
        const ir::StateId w = c.state(f32({9, 17}));
        c.module.states[w].attrs.set("trainable", true);
        const ValueId y = b.matmul(b.param("x", f32({B, 9})), b.state(w));
        ir::Attrs a;
        a.set("optimizer", "sgd");
        b.minimize(b.reduce("mean", b.map("square", {y}), {0, 1}), a);
        return y;
      });
      return c;
    case OpKind::Update:
      c.add("sgd", {.ulps = 4, .extremes = false}, [&](Builder& b) {
        ir::Attrs a;
        a.set("optimizer", "sgd");
        b.update(c.state(f32({9, 17})), b.param("x", f32({9, 17})), a);
        return ir::kNone;
      });
      return c;
    case OpKind::Assign:
      assign_cases(c);
      return c;
  }
  internal_error(__FILE__, __LINE__, "bad op kind");
}

}  // namespace lathe::test
