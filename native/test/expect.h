/* The little that native tests need: cases that register themselves, and expectations that hold in every build. */
#pragma once

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

namespace expect {

struct Case {
    const char* name;
    void (*run)();
};

inline std::vector<Case>& cases() {
    static std::vector<Case> all;
    return all;
}

struct Registration {
    Registration(const char* name, void (*run)()) { cases().push_back({name, run}); }
};

[[noreturn]] inline void fail(const char* file, int line, const std::string& what) {
    std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
    std::exit(1);
}

template <typename A, typename B>
void equal(const A& actual, const B& expected, const char* text, const char* file, int line) {
    if (!(actual == expected)) {
        std::ostringstream what;
        what << "expected " << text << " to be " << expected << " but it was " << actual;
        fail(file, line, what.str());
    }
}

}  // namespace expect

#define TEST(name)                                                    \
    static void name();                                               \
    static const expect::Registration registration_##name(#name, name); \
    static void name()

#define EXPECT_EQ(actual, expected) expect::equal(actual, expected, #actual, __FILE__, __LINE__)
#define EXPECT(condition) \
    ((condition) ? static_cast<void>(0) : expect::fail(__FILE__, __LINE__, "expected " #condition))

int main() {
    for (const auto& test : expect::cases()) {
        std::printf("%s\n", test.name);
        std::fflush(stdout);  // so that a crash shows the test
        test.run();
    }
    std::printf("%zu passed\n", expect::cases().size());
    return expect::cases().empty() ? 1 : 0;
}
