package org.blazefl4j.model;

import java.util.Arrays;
import org.blazefl4j.util.Arguments;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.SharedModuleVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Refuses convolutions of LibTorch's that its oneDNN would compute wrongly, see {@link OneDnnChannels}. */
final class OneDnnConvolutions {

    /** As many as images have. Nobody needs the gradient of images. */
    private static final long IMAGE_CHANNELS = 4;

    private OneDnnConvolutions() {}

    /** Checks a module with all that is in it. */
    static void check(String name, Module module) {
        if (!torch.globalContext().userEnabledMkldnn()) {
            return;
        }
        try (PointerScope scope = new PointerScope()) {
            checkLayer(name, module);
            SharedModuleVector modules = module.modules(false);
            for (long i = 0; i < modules.size(); i++) {
                checkLayer(name, modules.get(i));
            }
        }
    }

    private static void checkLayer(String name, Module layer) {
        if (layer.asConv2d() != null) {
            var options = layer.asConv2d().options();
            check(name, layer.asConv2d().weight(), options.stride(), 2, options.groups());
        } else if (layer.asConv1d() != null) {
            var options = layer.asConv1d().options();
            check(name, layer.asConv1d().weight(), options.stride(), 1, options.groups());
        } else if (layer.asConv3d() != null) {
            var options = layer.asConv3d().options();
            check(name, layer.asConv3d().weight(), options.stride(), 3, options.groups());
        } else if (layer.asConvTranspose1d() != null) {
            refuse(name, layer.asConvTranspose1d().weight(), "another layer");
        } else if (layer.asConvTranspose2d() != null) {
            refuse(name, layer.asConvTranspose2d().weight(), "another layer");
        } else if (layer.asConvTranspose3d() != null) {
            refuse(name, layer.asConvTranspose3d().weight(), "another layer");
        }
    }

    /** Groups are right. */
    private static void check(String name, Tensor weight, LongPointer strides, int dimensions, LongPointer groups) {
        if (groups.get() > 1) {
            return;
        }
        long stride = 1;
        for (int i = 0; i < dimensions; i++) {
            stride = Math.max(stride, strides.get(i));
        }
        long in = weight.size(1);
        long kernel = weight.numel() / (weight.size(0) * in);
        OneDnnChannels channels = new OneDnnChannels(in, weight.size(0), kernel, stride);
        boolean gradient = in > IMAGE_CHANNELS;
        if (!channels.areRight(gradient, false) || !channels.areRight(gradient, true)) {
            refuse(name, weight, "one made by Model.conv2d");
        }
    }

    private static void refuse(String name, Tensor weight, String expected) {
        Arguments.require(
                false,
                "convolution that LibTorch's oneDNN computes wrongly: layer=" + name + ", weight="
                        + Arrays.toString(weight.shape()) + ", expected=" + expected
                        + "; make it so, or call torch.globalContext().setUserEnabledMkldnn(false) first, which is slower");
    }
}
