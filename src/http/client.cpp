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

Result<Response> send_text(Client& client, const Request& request, const Call& call,
                           std::size_t body_bytes_max) {
    BodyText body{body_bytes_max};
    auto response = TRY(client.send(request, body, call));
    if (!body.text.empty()) response.body = std::move(body.text);
    return response;
}

}  // namespace koppla::http
