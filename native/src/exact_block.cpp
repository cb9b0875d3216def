#include "exact_block.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <new>

#include "bits.h"

namespace {

using bfl::block;
using bfl::cell;
using bfl::Cell;
using bfl::Sums;

constexpr int no_anchor = std::numeric_limits<int>::min();

double anchor(int exponent) noexcept { return std::ldexp(1.5, exponent); }

/** Adds a term and carries. */
void deposit(double term, double& high, double& low) noexcept {
    const double sum = high + term;
    const double rest = low + (term - (sum - high));
    high = sum + rest;
    low = rest - (high - sum);
}

}  // namespace

class bfl::Block::Wide {
  public:
    void add(int i, double term) noexcept {
        if (std::isfinite(term)) {
            sums_[i].add(term);
        } else {
            special_[i] += term;
        }
    }

    void add(const Wide& other) noexcept {
        for (int i = 0; i < block; ++i) {
            sums_[i].add(other.sums_[i]);
            special_[i] += other.special_[i];
        }
    }

    double part(int i, int number) const noexcept {
        if (special_[i] != 0) {
            const double sum = std::isnan(special_[i]) ? std::numeric_limits<double>::quiet_NaN() : special_[i];
            return number == 0 ? sum : 0;  // a NaN with always the same bits
        }
        FixedPoint rest = sums_[i];
        for (int before = 0; before < number; ++before) {
            rest.add(-rest.rounded());
        }
        return rest.rounded();
    }

  private:
    FixedPoint sums_[block];
    /** The sum of the terms that are not finite, or 0. */
    double special_[block] = {};
};

struct bfl::Block::Pairs {
    double high[block];
    double low[block];
};

bfl::Block::Block() noexcept : exponent_(no_anchor) {}

bfl::Block::~Block() = default;

void bfl::Block::clear() noexcept {
    terms_ = Terms();
    exponent_ = no_anchor;
    wide_.reset();
}

bool bfl::Block::prepare(const Terms& terms, Sums& sums) noexcept {
    constexpr int slack = 12;  // for 2^12 times as many terms
    terms_.bound += terms.bound;
    terms_.lowest = std::min(terms_.lowest, terms.lowest);
    if (is_wide()) {
        return true;
    }
    if (!std::isfinite(terms_.bound)) {
        return widen(sums);
    }
    const int least = exponent_of(terms_.bound) + 3;
    const int most = terms_.lowest + 103;
    if (least > most) {
        return widen(sums);
    }
    if (exponent_ < least || exponent_ > most) {
        move(std::min(least + slack, most), sums);
    }
    return true;
}

bfl::Block::Pairs bfl::Block::pairs(const Sums& sums) const noexcept {
    Pairs pairs;
    const double m = anchor(exponent_);
    for (int i = 0; i < block; ++i) {
        pairs.high[i] = sums.cells[i / cell].high[i % cell] - m;
        pairs.low[i] = sums.cells[i / cell].low[i % cell];
    }
    return pairs;
}

void bfl::Block::move(int exponent, Sums& sums) noexcept {
    const auto begin = [exponent, &sums] {
        for (Cell& c : sums.cells) {
            std::fill_n(c.high, cell, anchor(exponent));
            std::fill_n(c.low, cell, 0.0);
        }
    };
    if (exponent_ == no_anchor) {
        begin();
    } else {
        const Pairs before = pairs(sums);
        begin();
        add(before.high, sums);
        add(before.low, sums);
    }
    exponent_ = exponent;
}

bool bfl::Block::widen(const Sums& sums) noexcept {
    std::unique_ptr<Wide> wide(new (std::nothrow) Wide);
    if (wide == nullptr) {
        return false;
    }
    if (exponent_ != no_anchor) {
        const Pairs before = pairs(sums);
        for (int i = 0; i < block; ++i) {
            wide->add(i, before.high[i]);
            wide->add(i, before.low[i]);
        }
    }
    wide_ = std::move(wide);
    return true;
}

void bfl::Block::add_wide(const Vectors& vectors) noexcept {
    for (int v = 0; v < vectors.count; ++v) {
        for (int i = 0; i < block; ++i) {
            wide_->add(i, vectors.weights[v] * vectors.x[v][i]);
        }
    }
}

void bfl::Block::add(const double* terms, Sums& sums) noexcept {
    if (is_wide()) {
        for (int i = 0; i < block; ++i) {
            wide_->add(i, terms[i]);
        }
        return;
    }
    for (Cell& c : sums.cells) {
        for (int i = 0; i < cell; ++i) {
            deposit(*terms++, c.high[i], c.low[i]);
        }
    }
}

bool bfl::Block::add(const Block& other, const Sums& others, Sums& sums) noexcept {
    if (!other.terms_.any()) {
        return true;
    }
    if (!prepare(other.terms_, sums) || (other.is_wide() && !is_wide() && !widen(sums))) {
        return false;
    }
    if (other.is_wide()) {
        wide_->add(*other.wide_);
    } else {
        const Pairs terms = other.pairs(others);
        add(terms.high, sums);
        add(terms.low, sums);
    }
    return true;
}

void bfl::Block::divide(float* out, double divisor, const Sums& sums, const ExactKernels& kernels) const noexcept {
    if (is_wide()) {
        for (int i = 0; i < block; ++i) {
            out[i] = static_cast<float>(wide_->part(i, 0) / divisor);
        }
    } else if (terms_.any()) {
        kernels.divide(out, sums, anchor(exponent_), divisor);
    } else {
        std::fill_n(out, block, 0.0f);
    }
}

void bfl::Block::part(double* out, int number, const Sums& sums) const noexcept {
    if (is_wide()) {
        for (int i = 0; i < block; ++i) {
            out[i] = wide_->part(i, number);
        }
    } else {
        const Pairs terms = pairs(sums);
        for (int i = 0; i < block; ++i) {
            const double sum = terms.high[i] + terms.low[i];
            const double taken = sum - terms.high[i];
            const double left = (terms.high[i] - (sum - taken)) + (terms.low[i] - taken);
            out[i] = number == 0 ? sum : left;
        }
    }
}
