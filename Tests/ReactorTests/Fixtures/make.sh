#!/bin/sh
# Makes the certificates of the TLS tests anew, in the current directory; keep the .pem and .key files, apart from ca.key.
set -e
new() { # name alg subj ext issuer
  case $2 in rsa) openssl genrsa -out $1.key 2048 ;; ec) openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out $1.key ;; esac
  openssl req -new -key $1.key -subj "$3" -out $1.csr
  printf "$4" > $1.ext
  if [ -n "$5" ]; then openssl x509 -req -in $1.csr -CA $5.pem -CAkey $5.key -CAcreateserial -days 36500 -extfile $1.ext -out $1.pem
  else openssl x509 -req -in $1.csr -signkey $1.key -days 36500 -extfile $1.ext -out $1.pem; fi
}
new ca ec "/CN=Test CA" "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n" ""
new ec ec "/CN=a.example" "subjectAltName=DNS:a.example,DNS:*.w.example,IP:127.0.0.1,URI:spiffe://x/a\n" ca
new rsa rsa "/CN=a.example" "subjectAltName=DNS:a.example\n" ca
new other ec "/CN=b.example" "subjectAltName=DNS:b.example\n" ca
new client ec "/O=Sluice/CN=client" "subjectAltName=DNS:client.example,URI:spiffe://x/client\n" ca
new stranger ec "/CN=stranger" "subjectAltName=DNS:stranger.example\n" ""
# A revocation list that has the client's certificate.
: >index
echo 01 >number
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=36500\n' >ca.cnf
openssl ca -config ca.cnf -revoke client.pem -keyfile ca.key -cert ca.pem
openssl ca -config ca.cnf -gencrl -keyfile ca.key -cert ca.pem -out revoked.pem
