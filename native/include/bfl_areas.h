// The layout of the areas of a job board (bfl_board.h). The native library only reserves the areas; the Java side writes
// and reads them by the names defined here. Offsets are in bytes. Numbers are in native byte order, aligned to 4 bytes.
#pragma once

// The size of an area, which holds one message.
#define BFL_AREA_BYTES 8192

// An area begins with a header of two parts of 64 bytes. The message's tensors, segment table and body follow, unless they
// are in a segment.
//
//     0             4             8                           16
//    +-------------+-------------+---------------------------+------------------------------------------+
//  0 | PLACE       | LENGTH      | START                     | SEGMENT (if PLACE is SEGMENT, a handle)  |
//    +-------------+-------------+---------------------------+------------------------------------------+
// 64 | job header (in a job's area)                                                                     |
//    +--------------------------------------------------------------------------------------------------+
//128 | tensors, segment table, body                                                                     |
//    +--------------------------------------------------------------------------------------------------+
//
// LENGTH is the length of table and body. START is the offset of the table in the board's segment or in SEGMENT.
#define BFL_MESSAGE_PLACE 0
#define BFL_MESSAGE_LENGTH 4
#define BFL_MESSAGE_START 8
#define BFL_MESSAGE_SEGMENT 16
#define BFL_MESSAGE_CONTENT 128

#define BFL_PLACE_AREA 0
#define BFL_PLACE_SEGMENT 1

// The header of a job.
//
//     0             4             8             12            16            20
//    +-------------+-------------+-------------+-------------+-------------+----------------------------+
//    | CLIENT      | ROUND       | DEVICE      | FLAGS       | SLOT        | SEGMENT (a handle)         |
//    +-------------+-------------+-------------+-------------+-------------+----------------------------+
//
// CLIENT is the number of a client or shard. DEVICE is the index of a CUDA device, -1 for the current one, or DEVICE_CPU.
// SEGMENT and SLOT name the slot for the result, if JOB_HAS_SLOT is set.
#define BFL_JOB_OFFSET 64
#define BFL_JOB_CLIENT 0
#define BFL_JOB_ROUND 4
#define BFL_JOB_DEVICE 8
#define BFL_JOB_FLAGS 12
#define BFL_JOB_SLOT 16
#define BFL_JOB_SEGMENT 20
#define BFL_JOB_BYTES 64

#define BFL_JOB_DEVICE_CPU -2
#define BFL_JOB_HAS_SLOT 1

// The handle by which another process opens a segment.
//
//     0             4             8             12            20            28            36           44
//    +-------------+-------------+-------------+-------------+-------------+-------------+-------------+
//    | PID         | FD          | SLOTS       | DEVICE      | INODE       | SLOT_BYTES  | GENERATION  |
//    +-------------+-------------+-------------+-------------+-------------+-------------+-------------+
//
// A segment table is the number of handles (4 bytes), then the handles.
#define BFL_HANDLE_PID 0
#define BFL_HANDLE_FD 4
#define BFL_HANDLE_SLOTS 8
#define BFL_HANDLE_DEVICE 12
#define BFL_HANDLE_INODE 20
#define BFL_HANDLE_SLOT_BYTES 28
#define BFL_HANDLE_GENERATION 36
#define BFL_HANDLE_BYTES 44

#ifdef __cplusplus
static_assert(BFL_MESSAGE_SEGMENT + BFL_HANDLE_BYTES <= BFL_JOB_OFFSET, "a message header fits before a job header");
static_assert(BFL_JOB_SEGMENT + BFL_HANDLE_BYTES <= BFL_JOB_BYTES, "a job header holds a handle");
static_assert(BFL_JOB_OFFSET + BFL_JOB_BYTES <= BFL_MESSAGE_CONTENT, "content begins after both headers");
static_assert(BFL_MESSAGE_CONTENT < BFL_AREA_BYTES, "an area has room for a message");
#endif
