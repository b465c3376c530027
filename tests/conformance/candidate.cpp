#include "conformance/candidate.h"

#include "sandbox/recorder.h"

namespace koppla::conformance {

Result<http::Response> DirectClient::send(const http::Request& request, http::BodySink& sink,
                                          const Call& call) {
    if (call.is_over()) return call.cancelled("sending");
    const auto url = http::parse_url(request.target);
    if (!url) return error(ErrorKind::invalid, "no URL: " + request.target);
    http::Request received = TRY(http::with_whole_body(request));
    received.target = url->path_and_query;
    received.headers.add("Host", url->port == 443 ? url->host : url->host + ":" + std::to_string(url->port));
    sandbox::Recorder answer;
    handler_.answer(received, answer);
    http::Response response = std::move(answer.response_);
    if (answer.was_cut_) return error(ErrorKind::in_doubt, "the connection was cut");
    if (response.status >= 200 && response.status <= 299) {
        const std::string body = std::exchange(response.body, {});
        constexpr std::size_t piece_bytes = 30'000;
        for (std::size_t at = 0; at < body.size(); at += piece_bytes)
            TRY(sink.put(std::string_view{body}.substr(at, piece_bytes)));
    }
    return response;
}

}  // namespace koppla::conformance
