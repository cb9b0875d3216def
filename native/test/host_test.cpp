#include <cerrno>
#include <cstring>
#include <string>

#include "blazefl4j.h"
#include "expect.h"

TEST(an_errno_has_its_text) {
    EXPECT_EQ(std::string(bfl_error_text(ENOSPC)), "No space left on device");
    EXPECT(std::strlen(bfl_error_text(-12345)) > 0);
}

TEST(processor_features_are_words_that_the_kernel_knows_too) {
    const std::string features = bfl_cpu_features();
    EXPECT_EQ(features.find("avx2") != std::string::npos, __builtin_cpu_supports("avx2") != 0);
    EXPECT(features.empty() || features.back() != ' ');
}

#if defined(__x86_64__)
TEST(flushing_denormals_is_seen_and_its_end_too) {
    const unsigned int before = __builtin_ia32_stmxcsr();
    constexpr unsigned int results = 0x8000;
    constexpr unsigned int operands = 0x40;
    EXPECT_EQ(bfl_flushes_denormals(), 0);
    __builtin_ia32_ldmxcsr(before | results);
    EXPECT_EQ(bfl_flushes_denormals(), 1);
    __builtin_ia32_ldmxcsr(before | operands);
    EXPECT_EQ(bfl_flushes_denormals(), 1);
    __builtin_ia32_ldmxcsr(before);
    EXPECT_EQ(bfl_flushes_denormals(), 0);
}
#endif

TEST(the_c_library_has_its_version) {
    EXPECT_EQ(std::string(bfl_libc_version()), "glibc " + std::to_string(__GLIBC__) + "." + std::to_string(__GLIBC_MINOR__));
}

TEST(what_no_library_offers_is_said_so) {
    EXPECT_EQ(bfl_openmp_set_threads(1), -ENOENT);
    EXPECT_EQ(bfl_openmp_set_threads(0), -EINVAL);
    EXPECT_EQ(std::string(bfl_openblas_config()), "");
}

TEST(no_cuda_device_comes_with_a_reason) {
    const bool none = bfl_cuda_device_count() == 0;
    EXPECT_EQ(std::strlen(bfl_cuda_why_none()) > 0, none);
    EXPECT(bfl_cuda_device_count() >= 0);
}
