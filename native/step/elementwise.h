/* The kernels that go through activations once, for one vector width: see vectors.h. */
#pragma once

#include "kernels.h"
#include "vectors.h"

namespace bfl::step {
namespace {

/** Transposes 8 by 8 floats. */
BFL_INLINE void transpose(Floats8 (&r)[8]) {
    Floats8 t[8];
    BFL_UNROLL(4)
    for (int i = 0; i < 8; i += 2) {
        t[i] = BFL_SHUFFLE(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        t[i + 1] = BFL_SHUFFLE(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    Floats8 u[8];
    BFL_UNROLL(2)
    for (int i = 0; i < 8; i += 4) {
        u[i] = BFL_SHUFFLE(t[i], t[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        u[i + 1] = BFL_SHUFFLE(t[i], t[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        u[i + 2] = BFL_SHUFFLE(t[i + 1], t[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
        u[i + 3] = BFL_SHUFFLE(t[i + 1], t[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    BFL_UNROLL(4)
    for (int i = 0; i < 4; ++i) {
        r[i] = BFL_SHUFFLE(u[i], u[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        r[i + 4] = BFL_SHUFFLE(u[i], u[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

/** Turns `count` elements of 16 rows into cells, which are `stride` floats apart. */
void to_cells(const float* const* rows, std::size_t from, int count, float* cells, std::size_t stride) {
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        for (int half = 0; half < cell; half += 8) {
            Floats8 block[8];
            BFL_UNROLL(8)
            for (int r = 0; r < 8; ++r) {
                block[r] = load_loose<8>(rows[half + r] + from + i);
            }
            transpose(block);
            BFL_UNROLL(8)
            for (int r = 0; r < 8; ++r) {
                store<8>(cells + (i + r) * stride + half, block[r]);
            }
        }
    }
    for (; i < count; ++i) {
        for (int r = 0; r < cell; ++r) {
            cells[i * stride + r] = rows[r][from + i];
        }
    }
}

/** Turns features of groups of images into a row for each image. */
void to_rows(const float* x, int features, int groups, float* rows) {
    const std::size_t stride = static_cast<std::size_t>(groups) * cell;
    int i = 0;
    for (; i + 8 <= features; i += 8) {
        for (int image = 0; image < groups * cell; image += 8) {
            Floats8 block[8];
            BFL_UNROLL(8)
            for (int r = 0; r < 8; ++r) {
                block[r] = load<8>(x + (i + r) * stride + image);
            }
            transpose(block);
            BFL_UNROLL(8)
            for (int r = 0; r < 8; ++r) {
                store_loose<8>(rows + static_cast<std::size_t>(image + r) * features + i, block[r]);
            }
        }
    }
    for (; i < features; ++i) {
        for (int image = 0; image < groups * cell; ++image) {
            rows[static_cast<std::size_t>(image) * features + i] = x[i * stride + image];
        }
    }
}

/** Zeroes the gradients where ReLU has closed its output. */
void close(float* gradient, const float* output, std::size_t floats) {
    for (std::size_t i = 0; i < floats; i += widest_lanes) {
        const Floats<widest_lanes> value = load<widest_lanes>(gradient + i);
        store<widest_lanes>(gradient + i,
                            open<widest_lanes>(load<widest_lanes>(output + i)) ? value : Floats<widest_lanes>{});
    }
}

void multiply(float* values, const float* factors, std::size_t floats) {
    for (std::size_t i = 0; i < floats; i += widest_lanes) {
        store<widest_lanes>(values + i, load<widest_lanes>(values + i) * load<widest_lanes>(factors + i));
    }
}

/**
 * Writes a cell of dropout's factors for each element: a function of the keys of the 16 images and of the element's number
 * alone (the finalizer of MurmurHash3 over their sum). An image's element is kept if its 32 bits are at least `limit`.
 */
void drop(const std::uint32_t* keys, std::uint32_t first, int elements, std::uint32_t limit, float kept, float* factors,
          std::size_t stride) {
    using Numbers = typename Vector<widest_lanes>::Bits;
    for (int i = 0; i < elements; ++i) {
        for (int lane = 0; lane < cell; lane += widest_lanes) {
            Numbers bits = *reinterpret_cast<const Numbers*>(keys + lane) + (first + i) * 0x9e3779b9u;
            bits = (bits ^ (bits >> 16)) * 0x85ebca6bu;
            bits = (bits ^ (bits >> 13)) * 0xc2b2ae35u;
            bits ^= bits >> 16;
            const Ints<widest_lanes> keeps = (Ints<widest_lanes>)(bits >= (Numbers{} + limit));
            store<widest_lanes>(factors + i * stride + lane, keeps ? all<widest_lanes>(kept) : Floats<widest_lanes>{});
        }
    }
}

/** Writes the sum of each cell. */
void sums_of_cells(const float* cells, std::size_t count, float* sums) {
    std::size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        store_loose<4>(sums + i, sums_of_4_cells(cells + i * cell));
    }
    for (; i < count; ++i) {
        alignas(64) float four[4 * cell] = {};
        std::memcpy(four, cells + i * cell, cell * sizeof(float));
        sums[i] = sums_of_4_cells(four)[0];
    }
}

/** Sums the values of images, a feature's in `groups` cells, lane by lane first. What lies beyond the images does not count. */
void sums_of_images(const float* x, int features, int groups, int images, float* sums) {
    alignas(64) std::int32_t counts[cell];
    for (int n = 0; n < cell; ++n) {
        counts[n] = n < images - (groups - 1) * cell ? -1 : 0;
    }
    for (int first = 0; first < features; first += 4) {
        alignas(64) float lanes[4][cell] = {};
        const int now = features - first < 4 ? features - first : 4;
        for (int k = 0; k < now; ++k) {
            for (int lane = 0; lane < cell; lane += widest_lanes) {
                const float* from = x + static_cast<std::size_t>(first + k) * groups * cell + lane;
                Floats<widest_lanes> sum = {};
                for (int group = 1; group < groups; ++group, from += cell) {
                    sum += load<widest_lanes>(from);
                }
                const auto counted = *reinterpret_cast<const Ints<widest_lanes>*>(counts + lane);
                sum += (Floats<widest_lanes>)((Ints<widest_lanes>)load<widest_lanes>(from) & counted);
                store<widest_lanes>(lanes[k] + lane, sum);
            }
        }
        const Floats4 four = sums_of_4_cells(lanes[0]);
        std::memcpy(sums + first, &four, static_cast<std::size_t>(now) * sizeof(float));
    }
}

/** e to a power that is not above zero, or NaN; wrong by about one unit in the last place. */
template <int Lanes>
BFL_INLINE Floats<Lanes> exponential(Floats<Lanes> x) {
    const Floats<Lanes> low = all<Lanes>(-87.0f);
    const Floats<Lanes> bounded = x < low ? low : x;
    const Floats<Lanes> magic = all<Lanes>(12582912.0f);  // 1.5 * 2^23: the low bits of a sum are a whole number
    const Floats<Lanes> sum = fused<Lanes>(bounded, all<Lanes>(1.44269504088896341f), magic);
    const Floats<Lanes> whole = sum - magic;
    Floats<Lanes> rest = fused<Lanes>(whole, all<Lanes>(-0.693359375f), bounded);
    rest = fused<Lanes>(whole, all<Lanes>(2.12194440e-4f), rest);
    Floats<Lanes> series = all<Lanes>(1.9875691500e-4f);
    series = fused<Lanes>(series, rest, all<Lanes>(1.3981999507e-3f));
    series = fused<Lanes>(series, rest, all<Lanes>(8.3334519073e-3f));
    series = fused<Lanes>(series, rest, all<Lanes>(4.1665795894e-2f));
    series = fused<Lanes>(series, rest, all<Lanes>(1.6666665459e-1f));
    series = fused<Lanes>(series, rest, all<Lanes>(5.0000001201e-1f));
    series = fused<Lanes>(series, rest * rest, rest) + all<Lanes>(1.0f);
    const Ints<Lanes> scaled = (Ints<Lanes>)series + ((Ints<Lanes>)sum << 23);
    return x == x ? (Floats<Lanes>)scaled : x;
}

/**
 * Turns outputs into the gradient of the mean cross-entropy of `images` images, in place; lanes beyond them get zeros.
 *
 * @param share one over the number of images in the whole batch
 */
void cross_entropy(float* outputs, int classes, int groups, const std::int64_t* labels, int images, float share) {
    const std::size_t stride = static_cast<std::size_t>(groups) * cell;
    for (int start = 0; start < groups * cell; start += widest_lanes) {
        float* z = outputs + start;
        Floats<widest_lanes> greatest = load<widest_lanes>(z);
        for (int c = 1; c < classes; ++c) {
            const Floats<widest_lanes> value = load<widest_lanes>(z + c * stride);
            greatest = value > greatest ? value : greatest;
        }
        Floats<widest_lanes> total{};
        for (int c = 0; c < classes; ++c) {
            const Floats<widest_lanes> power = exponential<widest_lanes>(load<widest_lanes>(z + c * stride) - greatest);
            store<widest_lanes>(z + c * stride, power);
            total += power;
        }
        const Floats<widest_lanes> factor = all<widest_lanes>(share) / total;
        for (int c = 0; c < classes; ++c) {
            store<widest_lanes>(z + c * stride, load<widest_lanes>(z + c * stride) * factor);
        }
    }
    for (int n = 0; n < images; ++n) {
        outputs[labels[n] * stride + n] -= share;
    }
    for (int n = images; n < groups * cell; ++n) {
        for (int c = 0; c < classes; ++c) {
            outputs[c * stride + n] = 0.0f;
        }
    }
}

}  // namespace
}  // namespace bfl::step
