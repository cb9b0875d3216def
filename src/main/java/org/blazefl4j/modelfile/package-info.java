/**
 * The state of models as files of PyTorch's formats: safetensors, and the zip archives of {@code torch.save}. Reads
 * such files from anywhere: all that a file says is checked before it is used, and nothing of it is executed. Knows no
 * rounds and no particular model.
 */
@NullMarked
package org.blazefl4j.modelfile;

import org.jspecify.annotations.NullMarked;
