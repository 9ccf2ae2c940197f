// A certificate for tests that speak TLS with themselves: signed by itself, for `localhost` and 127.0.0.1, for a
// hundred years. Node cannot make one, and openssl is not on every machine. It opens no door anywhere:
//   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost
//     -addext subjectAltName=DNS:localhost,DNS:example.test,IP:127.0.0.1

export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgptUXxRpSAmR8kaOz
UHUyC9rc8eeWo6sIWVg4YHJBh46hRANCAAT0yXCGW09bYHkQ88UccP1tGocviKF3
8I25HSOFV/jd1FEXLrz9d7F+PcOchta93s1HtUY0A3XQsA06ZkaKc0RR
-----END PRIVATE KEY-----
`

export const cert = `-----BEGIN CERTIFICATE-----
MIIBqTCCAU+gAwIBAgIUfsOPTNmZ1JizpXtgepgC6+t2ZggwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMDE1MjUwNFoYDzIxMjYxMDI3
MTUyNTA0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAT0yXCGW09bYHkQ88UccP1tGocviKF38I25HSOFV/jd1FEXLrz9d7F+
PcOchta93s1HtUY0A3XQsA06ZkaKc0RRo30wezAdBgNVHQ4EFgQUsygTxWpmFLtx
kobgTH2crBtf18gwHwYDVR0jBBgwFoAUsygTxWpmFLtxkobgTH2crBtf18gwDwYD
VR0TAQH/BAUwAwEB/zAoBgNVHREEITAfgglsb2NhbGhvc3SCDGV4YW1wbGUudGVz
dIcEfwAAATAKBggqhkjOPQQDAgNIADBFAiBViDHazPDMNFi+Y44E77k8G4Xmigkr
XOAwtCjYYImAHQIhAOJvcXBvtbEtW8S/pfkbtRDqFEuu2idkADeGuZ7OA9eM
-----END CERTIFICATE-----
`
