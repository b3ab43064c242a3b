// A C ABI over libtorch for the torch worker. One source for 1.13 (Debian, CPU) and for 2.x (CUDA too).
//
// Rules: a tensor is an opaque handle that aft_free releases; what fails returns null (or a number other than 0), and
// aft_error then has the reason as text; nothing is thrown across the border. Sizes are checked by the caller where it can,
// for an exception here costs milliseconds.
#include <torch/torch.h>
#include <torch/version.h>

#include <ATen/autocast_mode.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
#define AFT_AUTOCAST_BY_DEVICE 1
#endif

using at::Tensor;
namespace F = torch::nn::functional;

#define AFT extern "C" __attribute__((visibility("default")))

namespace {

constexpr int64_t kAbiVersion = 2;

thread_local std::string error_text;
thread_local bool out_of_memory = false;
std::atomic<int64_t> live_handles{0};

struct Handle {
    Tensor tensor;
    explicit Handle(Tensor t) : tensor(std::move(t)) { live_handles.fetch_add(1, std::memory_order_relaxed); }
    ~Handle() { live_handles.fetch_sub(1, std::memory_order_relaxed); }
};

struct OptimizerHandle {
    std::unique_ptr<torch::optim::Optimizer> optimizer;
    int kind;
};

void keep(const char* text) {
    error_text = text;
    // Either allocator's words: torch has a type for it only since 2.0.
    out_of_memory = error_text.find("out of memory") != std::string::npos || error_text.find("can't allocate memory") != std::string::npos ||
                    error_text.find("not enough memory") != std::string::npos;
}

template <class Work>
Handle* made(Work work) {
    try {
        return new Handle(work());
    } catch (const c10::Error& e) {
        keep(e.what_without_backtrace());
    } catch (const std::bad_alloc&) {
        keep("out of memory");
    } catch (const std::exception& e) {
        keep(e.what());
    } catch (...) {
        keep("unknown error");
    }
    return nullptr;
}

template <class Work>
int done(Work work) {
    try {
        work();
        return 0;
    } catch (const c10::Error& e) {
        keep(e.what_without_backtrace());
    } catch (const std::bad_alloc&) {
        keep("out of memory");
    } catch (const std::exception& e) {
        keep(e.what());
    } catch (...) {
        keep("unknown error");
    }
    return 1;
}

// -1 is the CPU, n >= 0 the n-th CUDA device.
at::Device device_of(int device) { return device < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device)); }

at::ScalarType type_of(int type) {
    switch (type) {
        case 0: return at::kFloat;
        case 1: return at::kByte;
        case 2: return at::kLong;
        case 3: return at::kBFloat16;
        default: throw std::runtime_error("no such element type");
    }
}

std::vector<Tensor> list(Handle* const* handles, int64_t count) {
    std::vector<Tensor> tensors;
    tensors.reserve(count);
    for (int64_t i = 0; i < count; i++) tensors.push_back(handles[i]->tensor);
    return tensors;
}

// What a worker stores between two of its lives: named tensors, and the optimizer's state.
void write(torch::serialize::OutputArchive& archive, const std::vector<Tensor>& tensors, const char* note) {
    for (size_t i = 0; i < tensors.size(); i++) archive.write("t" + std::to_string(i), tensors[i].detach().cpu(), true);
    archive.write("note", c10::IValue(std::string(note)));
}

}  // namespace

AFT int64_t aft_abi() { return kAbiVersion; }
AFT const char* aft_torch_version() { return TORCH_VERSION; }
AFT const char* aft_error() { return error_text.c_str(); }
AFT int aft_is_out_of_memory() { return out_of_memory; }
AFT int64_t aft_live_handles() { return live_handles.load(); }

// glibc gives freed memory back to the system at once and faults it in again at the next step: 40 % of a step's time.
AFT void aft_start(int threads) {
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    // The largest that glibc accepts (half of its heaps' size); a larger one is passed over without a word.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    at::set_num_threads(threads);
    at::globalContext().setAllowTF32CuBLAS(true);
    at::globalContext().setAllowTF32CuDNN(true);
}

AFT int aft_cuda_devices() {
    try {
        return torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
    } catch (...) {
        return 0;
    }
}

AFT int aft_seed(uint64_t seed) { return done([&] { torch::manual_seed(seed); }); }
AFT void aft_set_grad(int enabled) { at::GradMode::set_enabled(enabled != 0); }

AFT int aft_autocast(int device, int enabled) {
    return done([&] {
        if (device < 0) return;
#ifdef AFT_AUTOCAST_BY_DEVICE
        at::autocast::set_autocast_dtype(at::kCUDA, at::kBFloat16);
        at::autocast::set_autocast_enabled(at::kCUDA, enabled != 0);
#else
        at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
        at::autocast::set_enabled(enabled != 0);
#endif
        if (!enabled) at::autocast::clear_cache();
    });
}

// Tensors -----------------------------------------------------------------------------------------------------------------

AFT Handle* aft_tensor(const void* data, const int64_t* sizes, int64_t dims, int type, int device) {
    return made([&] {
        auto options = at::TensorOptions().dtype(type_of(type));
        auto view = at::from_blob(const_cast<void*>(data), at::IntArrayRef(sizes, dims), options);
        // From pinned memory a copy is queued behind the device's work: from any other it would wait for all of that.
        return device < 0 ? view.clone() : view.pin_memory().to(device_of(device), /*non_blocking=*/true);
    });
}

AFT Handle* aft_full(const int64_t* sizes, int64_t dims, double value, int type, int device) {
    return made([&] { return at::full(at::IntArrayRef(sizes, dims), value, at::TensorOptions().dtype(type_of(type)).device(device_of(device))); });
}

AFT Handle* aft_randn(const int64_t* sizes, int64_t dims, int device) {
    // Drawn on the CPU: the same seed starts from the same weights on any device.
    return made([&] { return at::randn(at::IntArrayRef(sizes, dims)).to(device_of(device)); });
}

AFT void aft_free(Handle* tensor) { delete tensor; }
AFT Handle* aft_alias(Handle* tensor) { return made([&] { return tensor->tensor; }); }
AFT int64_t aft_count(Handle* tensor) { return tensor->tensor.numel(); }
AFT int64_t aft_dims(Handle* tensor) { return tensor->tensor.dim(); }
AFT int64_t aft_size(Handle* tensor, int64_t dim) { return tensor->tensor.size(dim); }

AFT int aft_read(Handle* tensor, float* to, int64_t count) {
    return done([&] {
        auto values = tensor->tensor.detach().to(at::kCPU, at::kFloat).contiguous();
        if (values.numel() != count) throw std::runtime_error("the tensor has another number of elements");
        std::copy_n(values.data_ptr<float>(), count, to);
    });
}

AFT Handle* aft_to(Handle* tensor, int type, int device) { return made([&] { return tensor->tensor.to(device_of(device), type_of(type)); }); }
AFT Handle* aft_channels_last(Handle* tensor) { return made([&] { return tensor->tensor.contiguous(at::MemoryFormat::ChannelsLast); }); }
AFT int aft_require_grad(Handle* tensor) { return done([&] { tensor->tensor.requires_grad_(true); }); }
AFT Handle* aft_detach(Handle* tensor) { return made([&] { return tensor->tensor.detach(); }); }
AFT int aft_copy(Handle* to, Handle* from) {
    return done([&] {
        at::NoGradGuard none;
        to->tensor.copy_(from->tensor);
    });
}
AFT int aft_copy_within(Handle* to, int64_t top, int64_t left, int64_t height, int64_t width, Handle* from) {
    return done([&] {
        at::NoGradGuard none;
        auto part = [&](Tensor& t) { return t.narrow(2, top, height).narrow(3, left, width); };
        auto target = part(to->tensor);
        target.copy_(part(from->tensor));
    });
}

// Shapes ------------------------------------------------------------------------------------------------------------------

AFT Handle* aft_reshape(Handle* tensor, const int64_t* sizes, int64_t dims) { return made([&] { return tensor->tensor.reshape(at::IntArrayRef(sizes, dims)); }); }
AFT Handle* aft_permute(Handle* tensor, const int64_t* order, int64_t dims) { return made([&] { return tensor->tensor.permute(at::IntArrayRef(order, dims)); }); }
AFT Handle* aft_rows(Handle* tensor, Handle* indices) { return made([&] { return tensor->tensor.index_select(0, indices->tensor); }); }
AFT Handle* aft_narrow(Handle* tensor, int64_t dim, int64_t start, int64_t length) { return made([&] { return tensor->tensor.narrow(dim, start, length); }); }
AFT Handle* aft_cat(Handle* const* tensors, int64_t count, int64_t dim) { return made([&] { return at::cat(list(tensors, count), dim); }); }

// Arithmetic --------------------------------------------------------------------------------------------------------------

AFT Handle* aft_add(Handle* a, Handle* b) { return made([&] { return a->tensor + b->tensor; }); }
AFT Handle* aft_sub(Handle* a, Handle* b) { return made([&] { return a->tensor - b->tensor; }); }
AFT Handle* aft_mul(Handle* a, Handle* b) { return made([&] { return a->tensor * b->tensor; }); }
AFT Handle* aft_affine(Handle* a, double factor, double offset) { return made([&] { return offset == 0 ? a->tensor * factor : a->tensor * factor + offset; }); }
AFT Handle* aft_add_relu(Handle* a, Handle* b) { return made([&] { return (a->tensor + b->tensor).relu_(); }); }
AFT Handle* aft_clamp(Handle* a, double low, double high) { return made([&] { return a->tensor.clamp(low, high); }); }
AFT Handle* aft_floor(Handle* a) { return made([&] { return a->tensor.floor(); }); }
AFT Handle* aft_less(Handle* a, Handle* b) { return made([&] { return at::lt(a->tensor, b->tensor).to(at::kFloat); }); }
AFT Handle* aft_lerp(Handle* a, Handle* b, Handle* weight) { return made([&] { return at::lerp(a->tensor, b->tensor, weight->tensor); }); }
AFT Handle* aft_sum(Handle* a) { return made([&] { return a->tensor.sum(); }); }
AFT Handle* aft_mean(Handle* a, const int64_t* dims, int64_t count, int keep) { return made([&] { return a->tensor.mean(at::IntArrayRef(dims, count), keep != 0); }); }
AFT Handle* aft_softmax(Handle* a, int64_t dim) { return made([&] { return at::softmax(a->tensor, dim); }); }
AFT Handle* aft_log_softmax(Handle* a, int64_t dim) { return made([&] { return at::log_softmax(a->tensor, dim); }); }
AFT Handle* aft_matmul(Handle* a, Handle* b) { return made([&] { return at::matmul(a->tensor, b->tensor); }); }

// Layers ------------------------------------------------------------------------------------------------------------------

AFT Handle* aft_conv2d(Handle* x, Handle* weight, int64_t stride, int64_t padding) {
    return made([&] { return at::conv2d(x->tensor, weight->tensor, {}, stride, padding); });
}
AFT Handle* aft_batch_norm(Handle* x, Handle* weight, Handle* bias, Handle* mean, Handle* variance, int training, double momentum, double epsilon) {
    return made([&] {
        return at::batch_norm(x->tensor, weight->tensor, bias->tensor, mean->tensor, variance->tensor, training != 0, momentum, epsilon, true);
    });
}
AFT Handle* aft_relu_(Handle* x) { return made([&] { return x->tensor.relu_(); }); }
AFT Handle* aft_max_pool2d(Handle* x, int64_t size) { return made([&] { return at::max_pool2d(x->tensor, size, size); }); }
AFT Handle* aft_avg_pool2d(Handle* x, int64_t size) { return made([&] { return at::avg_pool2d(x->tensor, size, size); }); }
AFT Handle* aft_linear(Handle* x, Handle* weight, Handle* bias) { return made([&] { return at::linear(x->tensor, weight->tensor, bias->tensor); }); }
AFT Handle* aft_dropout(Handle* x, double share, int training) { return made([&] { return at::dropout(x->tensor, share, training != 0); }); }
AFT Handle* aft_gelu(Handle* x) { return made([&] { return at::gelu(x->tensor); }); }
AFT Handle* aft_layer_norm(Handle* x, Handle* weight, Handle* bias, double epsilon) {
    return made([&] { return at::layer_norm(x->tensor, {x->tensor.size(-1)}, weight->tensor, bias->tensor, epsilon); });
}
AFT Handle* aft_embedding(Handle* weight, Handle* indices) { return made([&] { return at::embedding(weight->tensor, indices->tensor); }); }

// Each image by its own 2 x 3 matrix (bilinear; what lies outside is the border): flip, rotation, scale and shift are one pass.
AFT Handle* aft_warp(Handle* images, Handle* matrices, int border) {
    return made([&] {
        auto grid = at::affine_grid_generator(matrices->tensor, images->tensor.sizes(), false);
        return at::grid_sampler(images->tensor, grid, 0, border ? 1 : 0, false);
    });
}

// Training ----------------------------------------------------------------------------------------------------------------

AFT int aft_backward(Handle* loss) { return done([&] { loss->tensor.backward(); }); }

AFT int aft_zero_grad(Handle* const* parameters, int64_t count) {
    return done([&] {
        for (int64_t i = 0; i < count; i++) parameters[i]->tensor.mutable_grad() = Tensor();
    });
}

// Adds the gradients of a copy of a network, perhaps on another device, to the network's own; the copy then has none.
AFT int aft_gather_grad(Handle* const* parameters, Handle* const* copies, int64_t count) {
    return done([&] {
        at::NoGradGuard none;
        for (int64_t i = 0; i < count; i++) {
            auto& more = copies[i]->tensor.mutable_grad();
            if (!more.defined()) continue;
            auto& sum = parameters[i]->tensor.mutable_grad();
            auto here = more.to(parameters[i]->tensor.device(), /*non_blocking=*/true);
            if (sum.defined()) sum.add_(here);
            else sum = here;
            more = Tensor();
        }
    });
}

AFT double aft_clip_grad(Handle* const* parameters, int64_t count, double most) {
    double norm = 0;
    return done([&] { norm = torch::nn::utils::clip_grad_norm_(list(parameters, count), most); }) == 0 ? norm : -1;
}

// kind: 0 AdamW, 1 SGD with Nesterov momentum, 2 Adagrad. The first `decayed` parameters have weight decay.
AFT OptimizerHandle* aft_optimizer(int kind, Handle* const* parameters, int64_t count, int64_t decayed, double rate, double decay, double momentum, double beta2) {
    OptimizerHandle* result = nullptr;
    done([&] {
        using namespace torch::optim;
        auto all = list(parameters, count);
        std::vector<Tensor> first(all.begin(), all.begin() + decayed), rest(all.begin() + decayed, all.end());
        auto groups = [&](auto with, auto without) {
            std::vector<OptimizerParamGroup> made;
            if (!first.empty()) made.emplace_back(first, std::move(with));
            if (!rest.empty()) made.emplace_back(rest, std::move(without));
            return made;
        };
        std::unique_ptr<torch::optim::Optimizer> optimizer;
        if (kind == 0) {
            auto options = AdamWOptions(rate).betas(std::make_tuple(momentum, beta2)).eps(1e-8);
            optimizer = std::make_unique<AdamW>(
                groups(std::make_unique<AdamWOptions>(AdamWOptions(options).weight_decay(decay)), std::make_unique<AdamWOptions>(AdamWOptions(options).weight_decay(0))), options);
        } else if (kind == 1) {
            auto options = SGDOptions(rate).momentum(momentum).nesterov(momentum > 0);
            optimizer = std::make_unique<SGD>(
                groups(std::make_unique<SGDOptions>(SGDOptions(options).weight_decay(decay)), std::make_unique<SGDOptions>(SGDOptions(options).weight_decay(0))), options);
        } else {
            auto options = AdagradOptions(rate);
            optimizer = std::make_unique<Adagrad>(
                groups(std::make_unique<AdagradOptions>(AdagradOptions(options).weight_decay(decay)), std::make_unique<AdagradOptions>(AdagradOptions(options).weight_decay(0))), options);
        }
        result = new OptimizerHandle{std::move(optimizer), kind};
    });
    return result;
}

AFT void aft_optimizer_free(OptimizerHandle* optimizer) { delete optimizer; }

AFT int aft_optimizer_rate(OptimizerHandle* optimizer, double rate) {
    return done([&] {
        for (auto& group : optimizer->optimizer->param_groups()) {
            auto& options = group.options();
            if (optimizer->kind == 0) static_cast<torch::optim::AdamWOptions&>(options).lr(rate);
            else if (optimizer->kind == 1) static_cast<torch::optim::SGDOptions&>(options).lr(rate);
            else static_cast<torch::optim::AdagradOptions&>(options).lr(rate);
        }
    });
}

AFT int aft_optimizer_step(OptimizerHandle* optimizer) { return done([&] { optimizer->optimizer->step(); }); }

// average += (1 - decay) * (value - average), for all at once.
AFT int aft_average(Handle* const* averages, Handle* const* values, int64_t count, double decay) {
    return done([&] {
        at::NoGradGuard none;
        auto to = list(averages, count);
        auto from = list(values, count);
        for (auto& value : from) value = value.detach();
        at::_foreach_mul_(to, decay);
        at::_foreach_add_(to, from, 1 - decay);
    });
}

// Checkpoints -------------------------------------------------------------------------------------------------------------

AFT int aft_save(const char* path, Handle* const* tensors, int64_t count, OptimizerHandle* optimizer, const char* note) {
    return done([&] {
        torch::serialize::OutputArchive archive, state;
        write(archive, list(tensors, count), note);
        optimizer->optimizer->save(state);
        archive.write("optimizer", state);
        archive.save_to(path);
    });
}

// Fills the tensors and the optimizer, and returns the note; null when the file is not of these tensors.
AFT const char* aft_load(const char* path, Handle* const* tensors, int64_t count, OptimizerHandle* optimizer) {
    thread_local std::string note;
    return done([&] {
        torch::serialize::InputArchive archive, state;
        // To where the weights are now: it may have been written on another device, and an optimizer's state follows its file.
        if (count > 0) archive.load_from(path, tensors[0]->tensor.device());
        else archive.load_from(path);
        at::NoGradGuard none;
        std::vector<Tensor> read;
        for (int64_t i = 0; i < count; i++) {
            Tensor value;
            archive.read("t" + std::to_string(i), value, true);
            if (value.sizes() != tensors[i]->tensor.sizes()) throw std::runtime_error("the checkpoint is of another network");
            read.push_back(value);
        }
        c10::IValue text;
        archive.read("note", text);
        archive.read("optimizer", state);
        for (int64_t i = 0; i < count; i++) tensors[i]->tensor.copy_(read[i]);
        optimizer->optimizer->load(state);
        note = text.toStringRef();
    }) == 0 ? note.c_str() : nullptr;
}
