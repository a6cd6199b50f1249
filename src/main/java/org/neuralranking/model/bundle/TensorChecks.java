package org.neuralranking.model.bundle;

import java.io.IOException;

/** Tensors must carry their own data, and must not unfold into more than a file could hold. */
final class TensorChecks {

    private static final int MAX_NAME_BYTES = ValueInfo.MAX_NAME_BYTES;
    private static final int INSIDE = 0; // TensorProto.DataLocation.DEFAULT
    /** The runtime unfolds sparse tensors when it loads them; this many floats are 1 GiB, half of what a whole file may hold. */
    private static final long MAX_UNFOLDED = 1L << 28;

    private final String where;
    private long unfolded;

    TensorChecks(String where) {
        this.where = where;
    }

    /** Returns the tensor's name. */
    String check(ProtobufReader tensor) throws IOException {
        String name = "";
        boolean external = false;
        while (tensor.hasNext()) {
            switch (tensor.nextField()) {
                case 8 -> name = tensor.string(MAX_NAME_BYTES);
                case 13 -> { // the entries of external_data: location, offset, length
                    external = true;
                    tensor.skip();
                }
                // cut to 32 bits, as protobuf does
                case 14 -> external |= (int) tensor.varint() != INSIDE;
                default -> tensor.skip();
            }
        }
        if (external) {
            throw new BundleException(where + ": got tensor [" + name + "] with its data in another file, expected a self-contained model");
        }
        return name;
    }

    /** Returns the name of its values, which is the tensor's. */
    String checkSparse(ProtobufReader tensor) throws IOException {
        String name = "";
        long size = 1;
        while (tensor.hasNext()) {
            switch (tensor.nextField()) {
                case 1 -> name = check(tensor.only("values"));
                case 2 -> check(tensor.only("indices"));
                case 3 -> size = dimensions(tensor, size);
                default -> tensor.skip();
            }
        }
        unfolded += size;
        if (unfolded > MAX_UNFOLDED) {
            throw new BundleException(
                where + ": got sparse tensors of more than " + MAX_UNFOLDED + " numbers when unfolded, the last [" + name + "], expected no more"
            );
        }
        return name;
    }

    /** Repeated numbers come one a field, or packed into one. */
    private long dimensions(ProtobufReader tensor, long size) throws IOException {
        if (tensor.is(ProtobufReader.VARINT)) {
            return times(size, tensor.varint());
        }
        ProtobufReader packed = tensor.packed();
        while (packed.hasNext()) {
            size = times(size, packed.varint());
        }
        return size;
    }

    private long times(long size, long dimension) {
        if (dimension < 0) {
            throw new BundleException(where + ": got a sparse tensor with an axis of " + dimension + ", expected 0 or more");
        }
        // an axis of 0 makes the product 0, but not what is computed on the way to it
        long factor = Math.max(1, dimension);
        return size > MAX_UNFOLDED / factor ? MAX_UNFOLDED + 1 : size * factor;
    }
}
