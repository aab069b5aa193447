// oneDNN: inner product and matmul, the library choosing the form of W; bias and activation as post
// operations, the derivative by its own backward primitive. W stays in the form that the forward
// product or the update chose; where the input gradient wants another one, it is made anew in each
// call, since an update stands between two calls of a training.
#include <oneapi/dnnl/dnnl_version.h>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <unordered_map>

#include "tools/bench/kernels/peer.h"
#include "tools/bench/peers/epilogue.h"

namespace lathe::bench {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Arguments = std::unordered_map<int, memory>;

memory::desc matrix(int64_t rows, int64_t columns, Tag tag) {
  return {{rows, columns}, memory::data_type::f32, tag};
}

memory::desc vector(int64_t n) {
  return {{n}, memory::data_type::f32, Tag::a};
}

std::optional<dnnl::algorithm> eltwise(Activation activation) {
  switch (activation) {
    case Activation::Linear:
      return std::nullopt;
    case Activation::Relu:
      return dnnl::algorithm::eltwise_relu;
    case Activation::Sigmoid:
      return dnnl::algorithm::eltwise_logistic;
    case Activation::Tanh:
      return dnnl::algorithm::eltwise_tanh;
  }
  return std::nullopt;
}

/// The one that takes the derivative from the activation's result.
std::optional<dnnl::algorithm> eltwise_from_result(Activation activation) {
  switch (activation) {
    case Activation::Linear:
      return std::nullopt;
    case Activation::Relu:
      return dnnl::algorithm::eltwise_relu_use_dst_for_bwd;
    case Activation::Sigmoid:
      return dnnl::algorithm::eltwise_logistic_use_dst_for_bwd;
    case Activation::Tanh:
      return dnnl::algorithm::eltwise_tanh_use_dst_for_bwd;
  }
  return std::nullopt;
}

dnnl::primitive_attr with_activation(Activation activation) {
  dnnl::primitive_attr attributes;
  if (const auto algorithm = eltwise(activation)) {
    dnnl::post_ops after;
    after.append_eltwise(1, *algorithm, 0, 0);
    attributes.set_post_ops(after);
  }
  return attributes;
}

class OneDnn : public Peer {
 public:
  std::string version() const override {
    const dnnl_version_t* v = dnnl_version();
    return std::to_string(v->major) + "." + std::to_string(v->minor) + "." +
           std::to_string(v->patch) + ", " + isa_name() + ", OpenMP";
  }

  std::vector<KernelCall> calls(const KernelWork& work, const Operands& operands) override {
    omp_set_num_threads(work.threads);  // primitives are made for so many
    kept_.clear();
    std::vector<KernelCall> calls = made(work, operands);
    const auto keep = std::make_shared<std::vector<Buffer>>(std::move(kept_));
    for (KernelCall& call : calls) {
      call.run = [keep, run = std::move(call.run)](int64_t times) { run(times); };
    }
    return calls;
  }

 private:
  std::vector<KernelCall> made(const KernelWork& work, const Operands& operands) {
    switch (work.kind) {
      case KernelKind::Forward:
        return {inner_forward(work, operands), matmul_forward(work, operands)};
      case KernelKind::InputGradient:
        return {inner_input_gradient(work, operands, Tag::any),
                inner_input_gradient(work, operands, Tag::ba)};
      case KernelKind::WeightGradient:
        return {inner_weight_gradient(work, operands), matmul_weight_gradient(work, operands)};
      case KernelKind::SoftmaxLoss:
        return {softmax_loss(work, operands)};
      case KernelKind::Elementwise:
        return {elementwise(work, operands)};
    }
    return {};
  }

  static std::string isa_name() {
    switch (dnnl::get_effective_cpu_isa()) {
      case dnnl::cpu_isa::avx512_core_amx:
        return "AVX-512 and AMX";
      case dnnl::cpu_isa::avx512_core_bf16:
      case dnnl::cpu_isa::avx512_core_vnni:
      case dnnl::cpu_isa::avx512_core:
        return "AVX-512";
      case dnnl::cpu_isa::avx2_vnni:
      case dnnl::cpu_isa::avx2:
        return "AVX2";
      default:
        return "older vectors";
    }
  }

  memory view(const memory::desc& desc, const float* values) const {
    return {desc, engine_, const_cast<float*>(values)};
  }

  memory fresh(const memory::desc& desc) {
    kept_.push_back(make_buffer(static_cast<int64_t>(desc.get_size() / sizeof(float))));
    return {desc, engine_, kept_.back().get()};
  }

  memory reordered(const memory& from, const memory::desc& desc) {
    memory to = fresh(desc);
    dnnl::reorder(from, to).execute(stream_, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
    stream_.wait();
    return to;
  }

  std::vector<float> rows_of(const memory& from, int64_t rows, int64_t columns) {
    const memory plain = reordered(from, matrix(rows, columns, Tag::ab));
    const auto* p = static_cast<const float*>(plain.get_data_handle());
    return {p, p + rows * columns};
  }

  KernelCall one_primitive(std::string how, int threads, dnnl::primitive primitive,
                           Arguments arguments, memory result, int64_t rows, int64_t columns) {
    return repeated(
        std::move(how), threads,
        [this, primitive, arguments = std::move(arguments)] {
          primitive.execute(stream_, arguments);
          stream_.wait();
        },
        [this, result, rows, columns] { return Results{rows_of(result, rows, columns), {}}; });
  }

  dnnl::inner_product_forward::primitive_desc inner_desc(const KernelWork& work) const {
    const auto [m, k, n] = work.shape;
    return {{dnnl::prop_kind::forward_training, matrix(m, k, Tag::ab), matrix(n, k, Tag::any),
             vector(n), matrix(m, n, Tag::ab)},
            with_activation(work.activation),
            engine_};
  }

  KernelCall inner_forward(const KernelWork& work, const Operands& o) {
    const auto [m, k, n] = work.shape;
    const auto desc = inner_desc(work);
    const memory y = fresh(desc.dst_desc());
    return one_primitive(
        "inner product", work.threads, dnnl::inner_product_forward(desc),
        {{DNNL_ARG_SRC, view(matrix(m, k, Tag::ab), o.x)},
         {DNNL_ARG_WEIGHTS, reordered(view(matrix(n, k, Tag::ba), o.w), desc.weights_desc())},
         {DNNL_ARG_BIAS, view(vector(n), o.b)},
         {DNNL_ARG_DST, y}},
        y, m, n);
  }

  KernelCall matmul_forward(const KernelWork& work, const Operands& o) {
    const auto [m, k, n] = work.shape;
    const dnnl::matmul::primitive_desc desc({matrix(m, k, Tag::ab), matrix(k, n, Tag::any),
                                             matrix(1, n, Tag::ab), matrix(m, n, Tag::ab)},
                                            with_activation(work.activation), engine_);
    const memory y = fresh(desc.dst_desc());
    return one_primitive(
        "matmul", work.threads, dnnl::matmul(desc),
        {{DNNL_ARG_SRC, view(matrix(m, k, Tag::ab), o.x)},
         {DNNL_ARG_WEIGHTS, reordered(view(matrix(k, n, Tag::ab), o.w), desc.weights_desc())},
         {DNNL_ARG_BIAS, view(matrix(1, n, Tag::ab), o.b)},
         {DNNL_ARG_DST, y}},
        y, m, n);
  }

  KernelCall inner_input_gradient(const KernelWork& work, const Operands& o, Tag tag) {
    const auto [m, k, n] = work.shape;
    const auto forward = inner_desc(work);
    const dnnl::inner_product_backward_data::primitive_desc desc(
        {matrix(m, k, Tag::ab), matrix(n, k, tag), matrix(m, n, Tag::ab)}, engine_, forward);
    const memory given = view(matrix(n, k, Tag::ba), o.w);
    const memory held = tag == Tag::any ? reordered(given, forward.weights_desc()) : given;
    const bool turns = held.get_desc() != desc.weights_desc();
    const memory w = turns ? fresh(desc.weights_desc()) : held;
    const memory dx = fresh(desc.diff_src_desc());
    const auto turn = turns ? std::optional(dnnl::reorder(held, w)) : std::nullopt;
    const dnnl::inner_product_backward_data product(desc);
    std::optional<dnnl::eltwise_backward> derivative;
    const auto plain = matrix(m, k, Tag::ab);
    if (const auto algorithm = eltwise_from_result(work.activation)) {
      const dnnl::eltwise_forward::primitive_desc before(
          {dnnl::prop_kind::forward_training, *algorithm, plain, 0, 0}, engine_);
      derivative = dnnl::eltwise_backward({{*algorithm, plain, plain, 0, 0}, engine_, before});
    }
    const memory a = view(plain, o.a), dz = view(matrix(m, n, Tag::ab), o.dz);
    const Arguments turn_arguments = {{DNNL_ARG_FROM, held}, {DNNL_ARG_TO, w}};
    const Arguments arguments = {
        {DNNL_ARG_DIFF_DST, dz}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DIFF_SRC, dx}};
    const Arguments derivative_arguments = {
        {DNNL_ARG_DST, a}, {DNNL_ARG_DIFF_DST, dx}, {DNNL_ARG_DIFF_SRC, dx}};
    const auto once = [=, this] {
      if (turn) turn->execute(stream_, turn_arguments);
      product.execute(stream_, arguments);
      if (derivative) derivative->execute(stream_, derivative_arguments);
      stream_.wait();
    };
    const char* how = tag == Tag::any ? "inner product, W in its form" : "inner product, W in rows";
    return repeated(how, work.threads, once,
                    [=, this, m = m, k = k] { return Results{rows_of(dx, m, k), {}}; });
  }

  KernelCall inner_weight_gradient(const KernelWork& work, const Operands& o) {
    const auto [m, k, n] = work.shape;
    const dnnl::inner_product_backward_weights::primitive_desc desc(
        {matrix(m, k, Tag::ab), matrix(n, k, Tag::any), vector(n), matrix(m, n, Tag::ab)}, engine_,
        inner_desc(work));
    const memory w = reordered(view(matrix(n, k, Tag::ba), o.w), desc.diff_weights_desc());
    const memory dw = fresh(desc.diff_weights_desc()), db = fresh(vector(n));
    Buffer b = copy_buffer(o.b, n);
    const dnnl::inner_product_backward_weights product(desc);
    const Arguments arguments = {{DNNL_ARG_SRC, view(matrix(m, k, Tag::ab), o.x)},
                                 {DNNL_ARG_DIFF_DST, view(matrix(m, n, Tag::ab), o.dz)},
                                 {DNNL_ARG_DIFF_WEIGHTS, dw},
                                 {DNNL_ARG_DIFF_BIAS, db}};
    auto* to = static_cast<float*>(w.get_data_handle());
    const auto* from = static_cast<const float*>(dw.get_data_handle());
    const auto* bias = static_cast<const float*>(db.get_data_handle());
    const auto count = static_cast<int64_t>(dw.get_desc().get_size() / sizeof(float));
    const int threads = work.threads;
    const auto once = [=, this, n = n] {
      product.execute(stream_, arguments);
      stream_.wait();
      constexpr int64_t kPart = 4096;
      in_parallel(threads, (count + kPart - 1) / kPart, [&](int64_t part) {
        const int64_t first = part * kPart;
        subtract_gradient(to + first, from + first, std::min(kPart, count - first));
      });
      subtract_gradient(b.get(), bias, n);
    };
    return repeated("inner product, then an update", threads, once, [=, this, k = k, n = n] {
      const memory turned = reordered(w, matrix(n, k, Tag::ba));  // rows of K x N
      const auto* p = static_cast<const float*>(turned.get_data_handle());
      return Results{{p, p + k * n}, values_of(b, n)};
    });
  }

  KernelCall matmul_weight_gradient(const KernelWork& work, const Operands& o) {
    const auto [m, k, n] = work.shape;
    dnnl::post_ops after;
    after.append_eltwise(1, dnnl::algorithm::eltwise_linear, -kKernelRate, 0);
    after.append_sum(1);
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(after);
    const dnnl::matmul::primitive_desc desc(
        {matrix(k, m, Tag::ba), matrix(m, n, Tag::ab), matrix(k, n, Tag::ab)}, attributes, engine_);
    const memory w = reordered(view(matrix(k, n, Tag::ab), o.w), matrix(k, n, Tag::ab));
    Buffer b = copy_buffer(o.b, n);
    const dnnl::matmul product(desc);
    const Arguments arguments = {{DNNL_ARG_SRC, view(matrix(k, m, Tag::ba), o.x)},
                                 {DNNL_ARG_WEIGHTS, view(matrix(m, n, Tag::ab), o.dz)},
                                 {DNNL_ARG_DST, w}};
    const int threads = work.threads;
    const float* dz = o.dz;
    const auto once = [=, this, m = m, n = n] {
      product.execute(stream_, arguments);
      stream_.wait();
      update_bias(threads, b.get(), dz, m, n);
    };
    return repeated("matmul that updates", threads, once,
                    [=, this, k = k, n = n] { return Results{rows_of(w, k, n), values_of(b, n)}; });
  }

  KernelCall softmax_loss(const KernelWork& work, const Operands& o) {
    const int64_t m = work.shape.m, n = work.shape.n;
    const auto plain = matrix(m, n, Tag::ab);
    const dnnl::softmax_forward::primitive_desc desc({dnnl::prop_kind::forward_inference, plain, 1},
                                                     engine_);
    const dnnl::softmax_forward softmax(desc);
    const memory g = fresh(plain);
    const Arguments arguments = {{DNNL_ARG_SRC, view(plain, o.z)}, {DNNL_ARG_DST, g}};
    auto* p = static_cast<float*>(g.get_data_handle());
    Buffer loss = make_buffer(m);
    const int threads = work.threads;
    const float* t = o.t;
    const auto once = [=, this] {
      softmax.execute(stream_, arguments);
      stream_.wait();
      const float scale = 1 / static_cast<float>(m);
      in_parallel(threads, m, [&](int64_t i) {
        float *row = p + i * n, right = 0;
        const float* target = t + i * n;
#pragma omp simd reduction(+ : right)
        for (int64_t j = 0; j < n; ++j) {
          right += row[j] * target[j];
          row[j] = (row[j] - target[j]) * scale;
        }
        loss.get()[i] = -std::log(right);  // one target a row
      });
    };
    return repeated("softmax, then a loop", threads, once,
                    [=, this] { return Results{rows_of(g, m, n), values_of(loss, m)}; });
  }

  KernelCall elementwise(const KernelWork& work, const Operands& o) {
    const auto [m, k, n] = work.shape;
    const auto plain = matrix(m, n, Tag::ab), row = matrix(1, n, Tag::ab);
    const dnnl::binary::primitive_desc desc({dnnl::algorithm::binary_add, plain, row, plain},
                                            with_activation(work.activation), engine_);
    const memory y = fresh(plain);
    return one_primitive(
        "binary", work.threads, dnnl::binary(desc),
        {{DNNL_ARG_SRC_0, view(plain, o.z)}, {DNNL_ARG_SRC_1, view(row, o.b)}, {DNNL_ARG_DST, y}},
        y, m, n);
  }

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  std::vector<Buffer> kept_;  ///< of the calls that are being made
};

}  // namespace
}  // namespace lathe::bench

extern "C" lathe::bench::Peer* lathe_peer() {
  static lathe::bench::OneDnn onednn;
  return &onednn;
}
