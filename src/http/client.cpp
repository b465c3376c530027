#include "http/client.h"

#include <fmt/format.h>

namespace koppla::http {

Result<void> BodyText::put(std::string_view bytes) {
    if (bytes.size() > body_bytes_max_ - text.size()) {
        return error(
            ErrorKind::corrupt,
            fmt::format("the answer is longer than the {} bytes that are accepted here; ask for less "
                        "at a time",
                        body_bytes_max_));
    }
    text += bytes;
    return {};
}

Result<Request> with_whole_body(const Request& request) {
    Request whole = request;
    whole.source = nullptr;
    if (request.source == nullptr) return whole;
    TRY(request.source->rewind());
    whole.body.resize(request.source->size());
    std::size_t filled = 0;
    while (filled < whole.body.size()) {
        const std::span<char> room{whole.body.data() + filled, whole.body.size() - filled};
        const std::size_t count = TRY(request.source->read(room));
        if (count == 0) break;
        filled += count;
    }
    if (filled == whole.body.size()) return whole;
    return error(ErrorKind::corrupt,
                 fmt::format("the body of a request ends after {} bytes of {}", filled, whole.body.size()));
}

Result<Response> send_text(Client& client, const Request& request, const Call& call,
                           std::size_t body_bytes_max) {
    BodyText body{body_bytes_max};
    auto response = TRY(client.send(request, body, call));
    if (!body.text.empty()) response.body = std::move(body.text);
    return response;
}

}  // namespace koppla::http
