package org.neuralranking.model.upload;

import java.io.IOException;
import java.util.Locale;

/** Sends a bundle in parts, one after the other, and has the server put them together. */
final class Upload {
    /** The server takes up to 8 MiB; an eighth of it keeps heaps small on both sides and is as fast. */
    static final int PART_BYTES = 1 << 20;
    private static final double MEGABYTE = 1e6;

    private final String id;
    private final ModelRequests requests;
    private final Retries retries;
    private final ProgressLine progress;
    private long readBytes;

    Upload(String id, ModelRequests requests, Retries retries, ProgressLine progress) {
        this.id = id;
        this.requests = requests;
        this.retries = retries;
        this.progress = progress;
    }

    /**
     * @param waitFor which nodes must be ready before the server answers: all, any or none
     * @return what the server answered
     */
    String send(BundleSource bundle, String waitFor) throws IOException {
        long bytes = bundle.bytes();
        PartStream parts = new PartStream(PART_BYTES, (number, part, length) -> {
            retries.run(() -> requests.putPart(number, part, length));
            progress.at(() -> state(bytes));
        });
        bundle.writeTo(parts, n -> readBytes += n);
        parts.finish();
        double seconds = progress.seconds();
        progress.end(format("Sent [%s]: %.1f MB in %.1f s, %.1f MB/s; the server checks it", id, bytes / MEGABYTE, seconds, bytes / MEGABYTE / seconds));
        return commit(parts, waitFor);
    }

    private String commit(PartStream parts, String waitFor) throws IOException {
        try {
            return requests.commit(parts.sha256(), parts.parts(), waitFor);
        } catch (RefusedException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(e.getMessage() + "; whether [" + id + "] is registered now, a GET of the model says", e);
        }
    }

    private String state(long bytes) {
        double sent = readBytes / MEGABYTE;
        long percent = bytes == 0 ? 100 : Math.min(100, 100 * readBytes / bytes);
        return format("Sending [%s]: %.1f of %.1f MB, %d %%, %.1f MB/s", id, sent, bytes / MEGABYTE, percent, sent / progress.seconds());
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
