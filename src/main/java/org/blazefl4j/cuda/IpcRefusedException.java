package org.blazefl4j.cuda;

/** A process may not share memory of a device with another. */
public final class IpcRefusedException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    IpcRefusedException(int device, String why) {
        super("IPC between processes refused: device=cuda:" + device + ", " + why
                + "; train in threads, or set TrainerOptions.deviceResultShare(0)");
    }

    /** Returns the refusal of a call, with CUDA's words; notes it if CUDA then works no more. */
    static IpcRefusedException of(CudaCalls calls, int device, long result) {
        int error = (int) -result;
        IpcRefusedException refusal = new IpcRefusedException(
                device, "error=" + error + ", expected=0, CUDA error: " + calls.errorText(error));
        CudaErrors.note(refusal);
        return refusal;
    }
}
