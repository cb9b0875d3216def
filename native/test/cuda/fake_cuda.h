/*
 * A CUDA runtime without devices. It has two, whose memory the host cannot touch: its pages are closed but while queued
 * work runs. Work runs as late as CUDA allows, and of several streams in a random order: what waits too little sees other
 * bits for some seed. The environment variable FAKE_CUDA_SEED gives the first seed; FAKE_CUDA_FAIL, such as
 * "cudaMalloc:3:2", a call that fails: the third of cudaMalloc, with error 2.
 */
#pragma once

#include <cuda_runtime_api.h>

#include <string>

namespace fake_cuda {

void shuffle(unsigned seed);

/** Lets the nth call from now on fail. After cudaErrorIllegalAddress all calls fail, as with CUDA, until the next plan. */
void fail(const std::string& call, int nth, cudaError_t error);

void fail_nothing();

/** Returns whether the planned call has failed. */
bool has_failed();

/** Opens device memory to the host from now on, for tests whose clients compute on the host in place of a device. */
void open_memory();

/** Lets devices have no context again, before the first is chosen or has memory. */
void forget_contexts();

bool has_context(int device);

/** Returns the device whose memory lies at an address, or -1. */
int device_of(const void* memory);

/** Returns what was not freed, such as "1 blocks, 0 events, 0 streams, 2 registrations". */
std::string left();

}  // namespace fake_cuda
