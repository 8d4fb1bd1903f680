"""Events and changes of audiences on Kafka: collected from SDKs, landed as files, published from the outbox."""
