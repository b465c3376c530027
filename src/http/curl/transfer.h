#pragma once

#include "base/call.h"
#include "http/client.h"
#include "http/curl/gunzip.h"
#include "http/curl_client.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <curl/curl.h>

struct x509_store_st;

namespace koppla::http {

/// One request on one of libcurl's handles: its settings, what its callbacks gather, its outcome. The
/// handle's connections outlive it. For one thread.
class Transfer final {
  public:
    struct Task {
        const Transport& transport;
        const Request& request;
        const Url& url;
        BodySink& sink;
        const Call& call;
        x509_store_st* authorities;
    };

    explicit Transfer(const Task& task) : task_{task} {}
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    Result<Response> run(CURLM* multi, CURL* easy);

  private:
    struct ReleaseList {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    using Clock = std::chrono::steady_clock;

    void prepare(CURL* easy);
    void prepare_trust(CURL* easy);
    void prepare_body(CURL* easy);
    void prepare_headers(CURL* easy);
    CURLcode drive(CURLM* multi, CURL* easy);
    bool is_stalled(CURL* easy);
    [[nodiscard]] std::chrono::milliseconds patience() const;
    Result<Response> outcome(CURL* easy, CURLcode code);

    bool take_header(std::string_view line);
    bool take_body(std::string_view bytes);
    void choose_decoding();
    bool deliver(std::string_view bytes);
    std::optional<std::size_t> fill(std::span<char> room);
    bool may_send();

    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept;
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept;
    static std::size_t on_room(char* data, std::size_t size, std::size_t count, void* self) noexcept;
    static int on_rewind(void* self, curl_off_t offset, int origin) noexcept;
    static int on_ready(void* self, char*, char*, int, int) noexcept;
    static CURLcode on_context(CURL*, void* context, void* self) noexcept;

    Task task_;
    Response response_;
    std::optional<Gunzip> gunzip_;
    std::unique_ptr<curl_slist, ReleaseList> header_lines_;
    std::array<char, CURL_ERROR_SIZE> words_{};
    std::optional<Error> refusal_;  ///< ours or the sink's: why a callback ended the transfer
    std::exception_ptr thrown_;     ///< by the sink or source: libcurl's frames can't be unwound
    std::size_t header_bytes_ = 0;
    std::int64_t body_bytes_ = 0;
    std::size_t body_bytes_sent_ = 0;
    int times_sent_ = 0;
    bool is_body_cut_ = false;  ///< an error's body was longer than is kept
    std::int64_t seen_bytes_ = -1;
    Clock::time_point last_byte_ = Clock::now();
};

}  // namespace koppla::http
