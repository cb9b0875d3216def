// The time of sums of ResNet-18's size on the first device, and whether their means have the processor's bits.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "address.h"
#include "blazefl4j.h"

namespace {

constexpr std::int64_t elements = 11173962;
constexpr std::int64_t bytes = elements * static_cast<std::int64_t>(sizeof(float));
constexpr int different = 10;  // vectors; more are the same ones again
constexpr int turns = 10;
constexpr double weight = 500;
constexpr int could_not_run = 77;

/** Ends the program if a call failed. */
std::int64_t checked(std::int64_t result, const char* what) {
    if (result < 0) {
        std::printf("%s: error=%d (%s)\n", what, static_cast<int>(-result),
                    bfl_error_text(static_cast<std::int32_t>(-result)));
        std::exit(result == -1002 ? could_not_run : 1);
    }
    return result;
}

std::vector<std::vector<float>> random_vectors() {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 0.05f);
    std::vector<std::vector<float>> vectors(different, std::vector<float>(static_cast<std::size_t>(elements)));
    for (std::vector<float>& vector : vectors) {
        std::generate(vector.begin(), vector.end(), [&] { return normal(random); });
    }
    return vectors;
}

/** Returns the least milliseconds of a few turns of what a call queues. */
template <typename Call>
double milliseconds(Call call) {
    double least = 1e9;
    for (int turn = 0; turn < turns; ++turn) {
        const auto start = std::chrono::steady_clock::now();
        checked(call(), "call");
        checked(bfl_cuda_stream_finish(0), "work");
        const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
        least = std::min(least, time.count());
    }
    return least;
}

std::vector<float> mean_on_the_processor(const std::vector<std::int64_t>& x, const std::vector<double>& weights) {
    std::vector<float> mean(static_cast<std::size_t>(elements));
    const auto count = static_cast<std::int32_t>(x.size());
    const std::int64_t sum = checked(bfl_exact_sum_create(elements), "sum on the processor");
    checked(bfl_exact_sum_fold(sum, x.data(), weights.data(), count, 0, elements), "fold on the processor");
    checked(bfl_exact_sum_divide(sum, bfl::address_of(mean.data()), weight * count, 0, elements), "mean");
    bfl_exact_sum_free(sum);
    return mean;
}

/** Measures sums of so many vectors; prints a line. Returns whether the bits are the processor's. */
bool measure(int count, const std::vector<std::vector<float>>& host) {
    const std::int64_t sum = checked(bfl_cuda_malloc(0, bfl_cuda_sum_bytes(elements)), "memory of a sum");
    const std::int64_t vectors = checked(bfl_cuda_malloc(0, count * bytes), "memory of vectors");
    const std::vector<double> weights(static_cast<std::size_t>(count), weight);
    std::vector<std::int64_t> x;
    std::vector<std::int64_t> on_host;
    for (int v = 0; v < count; ++v) {
        x.push_back(vectors + v * bytes);
        on_host.push_back(bfl::address_of(host[static_cast<std::size_t>(v % different)].data()));
        checked(bfl_cuda_copy_async(x.back(), on_host.back(), bytes, 0), "copy");
    }
    const auto clear = [&] { return bfl_cuda_sum_clear(sum, elements, 0); };
    const auto fold = [&] { return bfl_cuda_sum_fold(sum, elements, x.data(), weights.data(), count, 0, elements, 0); };
    const auto divide = [&] { return bfl_cuda_sum_divide(sum, elements, x[0], weight * count, 0, elements, 0); };
    const double clearing = milliseconds(clear);
    const double folding = milliseconds(fold);
    checked(clear(), "clear");
    checked(fold(), "fold");
    const double dividing = milliseconds(divide);  // into the first vector, which is not needed any more
    std::vector<float> mean(static_cast<std::size_t>(elements));
    checked(bfl_cuda_copy_async(bfl::address_of(mean.data()), x[0], bytes, 0), "copy back");
    const bool same = std::memcmp(mean.data(), mean_on_the_processor(on_host, weights).data(),
                                  static_cast<std::size_t>(bytes)) == 0;
    const double moved = static_cast<double>(count * bytes + elements * 4 * static_cast<int>(sizeof(double)));
    std::printf("%7d  %8.3f  %7.3f  %9.0f  %9.3f  %s\n", count, clearing, folding, moved / folding / 1e6, dividing,
                same ? "the processor's" : "OTHERS");
    checked(bfl_cuda_free(vectors), "free");
    checked(bfl_cuda_free(sum), "free");
    return same;
}

}  // namespace

int main() {
    if (bfl_cuda_device_count() == 0) {
        std::printf("no device: %s\n", bfl_cuda_why_none());
        return could_not_run;
    }
    const std::vector<std::vector<float>> host = random_vectors();
    std::printf("sums of %lld floats\n", static_cast<long long>(elements));
    std::printf("vectors  clear ms  fold ms  fold GB/s  divide ms  bits\n");
    bool same = true;
    for (const int count : {1, 8, 20, 100}) {
        same &= measure(count, host);
    }
    return same ? 0 : 1;
}
