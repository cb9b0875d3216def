/* The functions of org.blazefl4j.cuda.FakeCuda, a test's class: those of the CUDA layer, and what tests ask the runtime. */
#include <jni.h>

#include <cstdint>
#include <string>
#include <vector>

#include "address.h"
#include "blazefl4j.h"
#include "fake_cuda.h"

#define FAKE_CUDA(type, name) extern "C" JNIEXPORT type JNICALL Java_org_blazefl4j_cuda_FakeCuda_##name

FAKE_CUDA(jlong, allocate)(JNIEnv*, jclass, jint device, jlong bytes) { return bfl_cuda_malloc(device, bytes); }

FAKE_CUDA(jint, release)(JNIEnv*, jclass, jlong address) { return bfl_cuda_free(address); }

FAKE_CUDA(jlong, releaseFunction)(JNIEnv*, jclass) { return bfl_cuda_free_function(); }

FAKE_CUDA(jint, deviceAt)(JNIEnv*, jclass, jlong address) { return fake_cuda::device_of(bfl::at<void>(address)); }

FAKE_CUDA(jint, exportMemory)(JNIEnv* env, jclass, jlong address, jbyteArray handle) {
    jbyte bytes[BFL_CUDA_HANDLE_BYTES];
    const std::int32_t error = bfl_cuda_export(address, bytes);
    if (error == 0) {
        env->SetByteArrayRegion(handle, 0, BFL_CUDA_HANDLE_BYTES, bytes);
    }
    return error;
}

FAKE_CUDA(jlong, openMemoryOf)(JNIEnv* env, jclass, jint device, jbyteArray handle) {
    jbyte bytes[BFL_CUDA_HANDLE_BYTES];
    env->GetByteArrayRegion(handle, 0, BFL_CUDA_HANDLE_BYTES, bytes);
    return bfl_cuda_open(device, bytes);
}

FAKE_CUDA(jint, closeMemory)(JNIEnv*, jclass, jlong address) { return bfl_cuda_close(address); }

FAKE_CUDA(jlong, closeMemoryFunction)(JNIEnv*, jclass) { return bfl_cuda_close_function(); }

FAKE_CUDA(jint, pin)(JNIEnv*, jclass, jlong address, jlong bytes) {
    return bfl_cuda_host_register(address, bytes);
}

FAKE_CUDA(jint, unpin)(JNIEnv*, jclass, jlong address) { return bfl_cuda_host_unregister(address); }

FAKE_CUDA(jint, copyAsync)(JNIEnv*, jclass, jlong target, jlong source, jlong bytes, jlong stream) {
    return bfl_cuda_copy_async(target, source, bytes, stream);
}

FAKE_CUDA(jint, after)(JNIEnv*, jclass, jint device, jlong stream, jlong other) {
    return bfl_cuda_stream_after(device, stream, other);
}

FAKE_CUDA(jint, finish)(JNIEnv*, jclass, jlong stream) { return bfl_cuda_stream_finish(stream); }

FAKE_CUDA(jlong, bytesOfSum)(JNIEnv*, jclass, jlong elements) { return bfl_cuda_sum_bytes(elements); }

FAKE_CUDA(jint, clear)(JNIEnv*, jclass, jlong sum, jlong elements, jlong stream) {
    return bfl_cuda_sum_clear(sum, elements, stream);
}

FAKE_CUDA(jint, fold)(JNIEnv* env, jclass, jlong sum, jlong elements, jlongArray x, jdoubleArray weights,
                         jint vectors, jlong stream) {
    std::vector<std::int64_t> addresses(static_cast<std::size_t>(vectors));
    std::vector<double> factors(static_cast<std::size_t>(vectors));
    static_assert(sizeof(jlong) == sizeof(std::int64_t));
    env->GetLongArrayRegion(x, 0, vectors, reinterpret_cast<jlong*>(addresses.data()));
    env->GetDoubleArrayRegion(weights, 0, vectors, factors.data());
    return bfl_cuda_sum_fold(sum, elements, addresses.data(), factors.data(), vectors, 0, elements, stream);
}

FAKE_CUDA(jint, divide)(JNIEnv*, jclass, jlong sum, jlong elements, jlong out, jdouble divisor, jlong from,
                           jlong to, jlong stream) {
    return bfl_cuda_sum_divide(sum, elements, out, divisor, from, to, stream);
}

FAKE_CUDA(jint, part)(JNIEnv*, jclass, jlong sum, jlong elements, jint number, jlong out, jlong from, jlong to,
                         jlong stream) {
    return bfl_cuda_sum_part(sum, elements, number, out, from, to, stream);
}

FAKE_CUDA(jstring, text)(JNIEnv* env, jclass, jint error) { return env->NewStringUTF(bfl_error_text(error)); }

FAKE_CUDA(jlong, streamCreate)(JNIEnv*, jclass, jint device) {
    cudaStream_t stream = nullptr;
    int before = 0;
    cudaGetDevice(&before);
    cudaSetDevice(device);
    cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
    cudaSetDevice(before);
    return bfl::address_of(stream);
}

FAKE_CUDA(void, openMemory)(JNIEnv*, jclass) { fake_cuda::open_memory(); }

FAKE_CUDA(void, shuffle)(JNIEnv*, jclass, jint seed) { fake_cuda::shuffle(static_cast<unsigned>(seed)); }

FAKE_CUDA(void, fail)(JNIEnv* env, jclass, jstring call, jint nth, jint error) {
    const char* const text = env->GetStringUTFChars(call, nullptr);
    fake_cuda::fail(text, nth, static_cast<cudaError_t>(error));
    env->ReleaseStringUTFChars(call, text);
}

FAKE_CUDA(void, failNothing)(JNIEnv*, jclass) { fake_cuda::fail_nothing(); }

FAKE_CUDA(jstring, left)(JNIEnv* env, jclass) { return env->NewStringUTF(fake_cuda::left().c_str()); }
