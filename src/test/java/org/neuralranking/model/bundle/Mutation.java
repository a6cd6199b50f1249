package org.neuralranking.model.bundle;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Damages bytes: blindly, or as one who knows the format and keeps its lengths right, so that what comes behind is reached. */
final class Mutation {

    /** What sizes, counts and offsets are most likely to be handled badly at. */
    private static final long[] EDGES = { 0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFFL, 0x80000000L, 0xFFFFFFFFL, Long.MAX_VALUE, -1 };

    private final Random random;
    private final List<byte[]> corpus;

    Mutation(Random random, List<byte[]> corpus) {
        this.random = random;
        this.corpus = corpus;
    }

    /** One of the corpus, damaged. */
    byte[] blind() {
        byte[] bytes = any().clone();
        for (int rounds = 1 + random.nextInt(4); rounds > 0; rounds--) {
            bytes = damaged(bytes);
        }
        return bytes;
    }

    private byte[] any() {
        return corpus.get(random.nextInt(corpus.size()));
    }

    private byte[] damaged(byte[] bytes) {
        if (bytes.length == 0) {
            return bytes;
        }
        int at = position(bytes);
        int length = Math.min(bytes.length - at, 1 + random.nextInt(random.nextBoolean() ? 8 : 200));
        switch (random.nextInt(8)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) random.nextInt();
            case 2 -> bytes[at] += (byte) (random.nextBoolean() ? 1 : -1); // a length, perhaps
            case 3 -> number(bytes, at);
            case 4 -> {
                return Arrays.copyOf(bytes, at);
            }
            case 5 -> {
                return spliced(bytes, at, new byte[0], 0, 0, at + length);
            }
            case 6 -> {
                return spliced(bytes, at, bytes, at, length, at); // twice
            }
            default -> {
                byte[] other = any();
                int from = random.nextInt(other.length);
                return spliced(bytes, at, other, from, Math.min(length, other.length - from), random.nextBoolean() ? at : at + length);
            }
        }
        return bytes;
    }

    /** Headers are at both ends. */
    private int position(byte[] bytes) {
        int near = Math.min(bytes.length, 400);
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(near);
            case 1 -> bytes.length - 1 - random.nextInt(near);
            default -> random.nextInt(bytes.length);
        };
    }

    /** Little-endian, as zips have them. */
    private void number(byte[] bytes, int at) {
        long value = EDGES[random.nextInt(EDGES.length)];
        int width = 1 << random.nextInt(4);
        for (int i = 0; i < width && at + i < bytes.length; i++) {
            bytes[at + i] = (byte) (value >>> 8 * i);
        }
    }

    private static byte[] spliced(byte[] bytes, int at, byte[] piece, int from, int length, int to) {
        byte[] result = new byte[at + length + bytes.length - to];
        System.arraycopy(bytes, 0, result, 0, at);
        System.arraycopy(piece, from, result, at, length);
        System.arraycopy(bytes, to, result, at + length, bytes.length - to);
        return result;
    }

    /** One of the corpus, a protobuf message, with fields changed at any depth and all lengths right. */
    byte[] message() {
        byte[] bytes = any();
        for (int rounds = 1 + random.nextInt(3); rounds > 0; rounds--) {
            bytes = changed(bytes, 0);
        }
        return bytes;
    }

    /** @param contents without tag and length */
    private record Field(int number, int wireType, byte[] contents) {
        void writeTo(Protobuf message) {
            message.tag(number, wireType);
            if (wireType == 2) {
                message.raw(contents.length);
            }
            message.plain(contents);
        }
    }

    private byte[] changed(byte[] message, int depth) {
        List<Field> fields = fields(message);
        if (fields == null || fields.isEmpty() || depth > 20) {
            return damaged(message.clone());
        }
        int at = random.nextInt(fields.size());
        Field field = fields.get(at);
        if (field.wireType == 2 && random.nextInt(4) != 0) {
            fields.set(at, new Field(field.number, 2, changed(field.contents, depth + 1)));
        } else {
            switch (random.nextInt(6)) {
                case 0 -> fields.remove(at);
                case 1 -> fields.add(field);
                case 2 -> fields.set(at, new Field(1 + random.nextInt(26), field.wireType, field.contents));
                case 3 -> fields.add(random.nextInt(fields.size()), new Field(1 + random.nextInt(26), 2, message)); // itself, inside itself
                case 4 -> {
                    List<Field> other = fields(any());
                    fields.add(other.get(random.nextInt(other.size())));
                }
                default -> fields.set(at, new Field(field.number, 0, new Protobuf().raw(EDGES[random.nextInt(EDGES.length)]).bytes()));
            }
        }
        Protobuf result = new Protobuf();
        fields.forEach(each -> each.writeTo(result));
        return result.bytes();
    }

    /** Null if these bytes are no message. */
    private static List<Field> fields(byte[] message) {
        List<Field> fields = new ArrayList<>();
        int[] at = { 0 };
        while (at[0] < message.length) {
            long tag = varint(message, at);
            int wireType = (int) (tag & 7);
            if (tag < 8 || tag > Integer.MAX_VALUE) {
                return null;
            }
            int start = at[0];
            long length = switch (wireType) {
                case 0 -> {
                    varint(message, at);
                    yield at[0] - start;
                }
                case 1 -> 8;
                case 5 -> 4;
                case 2 -> {
                    long bytes = varint(message, at);
                    start = at[0];
                    yield bytes;
                }
                default -> -1;
            };
            if (length < 0 || length > message.length - start) {
                return null;
            }
            at[0] = start + (int) length;
            fields.add(new Field((int) (tag >>> 3), wireType, Arrays.copyOfRange(message, start, at[0])));
        }
        return fields;
    }

    private static long varint(byte[] bytes, int[] at) {
        long value = 0;
        for (int shift = 0; shift < 64 && at[0] < bytes.length; shift += 7) {
            byte b = bytes[at[0]++];
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        return -1;
    }
}
