// Exact sums beside a plain sum in double, on one core: what exactness costs.
// exact_sum_bench [floats] [turns]: sums 100 vectors, all together and five at a time, each in turn; takes the least times.

#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "address.h"
#include "blazefl4j.h"

#define BFL_INLINE __attribute__((always_inline)) inline

namespace {

constexpr int clients = 100;
constexpr int at_a_time = 5;
constexpr std::int64_t cell = 64;

/** Memory in huge pages where there are some. */
template <typename T>
T* memory(std::int64_t elements) {
    const auto bytes = static_cast<std::size_t>(elements) * sizeof(T);
    void* const block = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) {
        std::perror("no memory");
        std::exit(1);
    }
    madvise(block, bytes, MADV_HUGEPAGE);
    return static_cast<T*>(block);
}

/** The plain sum that the exact one replaced: five vectors in a pass, blocks that stay in the second-level cache. */
BFL_INLINE void prefetch(const void* from, int bytes) {
    constexpr int ahead = 1536;
    constexpr int line = 64;
    for (int offset = 0; offset < bytes; offset += line) {
        __builtin_prefetch(static_cast<const char*>(from) + ahead + offset);
    }
}

template <bool Fresh>
BFL_INLINE void pass(double* __restrict sums, const float* const* vectors, const double* weights, std::int64_t from,
                     std::int64_t to) {
    const float* x[at_a_time];
    double w[at_a_time];
    std::copy_n(vectors, at_a_time, x);
    std::copy_n(weights, at_a_time, w);
    for (std::int64_t i = from; i < to; i += cell) {
        prefetch(sums + i, cell * sizeof(double));
        for (int v = 0; v < at_a_time; ++v) {
            prefetch(x[v] + i, cell * sizeof(float));
        }
        for (std::int64_t j = i; j < i + cell; ++j) {
            double sum = Fresh ? 0.0 : sums[j];
            for (int v = 0; v < at_a_time; ++v) {
                sum += w[v] * static_cast<double>(x[v][j]);
            }
            sums[j] = sum;
        }
    }
}

BFL_INLINE void add(double* sums, const float* const* x, const double* w, int vectors, std::int64_t elements, bool fresh) {
    constexpr std::int64_t block = 1 << 16;
    for (std::int64_t start = 0; start < elements; start += block) {
        for (int v = 0; v < vectors; v += at_a_time) {
            const std::int64_t end = std::min(start + block, elements);
            if (fresh && v == 0) {
                pass<true>(sums, x + v, w + v, start, end);
            } else {
                pass<false>(sums, x + v, w + v, start, end);
            }
        }
    }
}

__attribute__((target("avx512f"))) void add_avx512(double* sums, const float* const* x, const double* w, int vectors,
                                                   std::int64_t elements, bool fresh) {
    add(sums, x, w, vectors, elements, fresh);
}

__attribute__((target("avx2"))) void add_avx2(double* sums, const float* const* x, const double* w, int vectors,
                                              std::int64_t elements, bool fresh) {
    add(sums, x, w, vectors, elements, fresh);
}

void add_sse2(double* sums, const float* const* x, const double* w, int vectors, std::int64_t elements, bool fresh) {
    add(sums, x, w, vectors, elements, fresh);
}

/** Returns the milliseconds of this thread that some work takes. */
template <typename Work>
double millis(Work work) {
    const auto now = [] {
        timespec time;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
    };
    const double start = now();
    work();
    return now() - start;
}

}  // namespace

int main(int count, char** arguments) {
    const std::int64_t elements = (count > 1 ? std::atoll(arguments[1]) : 11'191'262) / cell * cell;
    const int turns = count > 2 ? std::atoi(arguments[2]) : 7;
    std::mt19937 random(1);
    std::vector<const float*> x;
    std::vector<std::int64_t> addresses;
    std::vector<double> weights;
    for (int client = 0; client < clients; ++client) {
        auto* values = memory<float>(elements);
        std::generate_n(values, elements, [&] { return 0.1f * static_cast<float>(random()) * 0x1p-32f - 0.05f; });
        x.push_back(values);
        addresses.push_back(bfl::address_of(values));
        weights.push_back(450 + client);
    }
    auto* const sums = memory<double>(elements);
    const std::int64_t exact = bfl_exact_sum_create(elements);
    const auto narrow = __builtin_cpu_supports("avx2") ? add_avx2 : add_sse2;
    const auto plain = __builtin_cpu_supports("avx512f") ? add_avx512 : narrow;
    for (const int together : {clients, at_a_time}) {
        double least_plain = 1e9;
        double least_exact = 1e9;
        for (int turn = 0; turn < turns; ++turn) {
            least_plain = std::min(least_plain, millis([&] {
                for (int first = 0; first < clients; first += together) {
                    plain(sums, x.data() + first, weights.data() + first, together, elements, first == 0);
                }
            }));
            least_exact = std::min(least_exact, millis([&] {
                bfl_exact_sum_clear(exact);
                for (int first = 0; first < clients; first += together) {
                    bfl_exact_sum_fold(exact, addresses.data() + first, weights.data() + first, together, 0, elements);
                }
            }));
        }
        std::printf("%d together: plain %.1f ms, exact %.1f ms, ratio %.2f\n", together, least_plain, least_exact,
                    least_exact / least_plain);
    }
    bfl_exact_sum_free(exact);
}
